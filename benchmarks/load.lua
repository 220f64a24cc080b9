-- What wrk sends: chatAuthenticate, each time for an end user who has not asked before.
--
-- Arguments: the value of the header Authorization; "one" (all requests come from one back end, as customers' web
-- sites send them) or "many" (each comes from an address of its own, as a crowd of guessers).
--
-- Requests are put together here and not by wrk.format, which would take a good part of the machine that is to be
-- measured. Names have a fixed length, so Content-Length is known beforehand.

local BODY = '{"clientType":"CONSUMER","authUserName":"%s","contactId":null,"emailAddress":"john.smith@vision.com",' ..
  '"firstName":"John","lastName":"Smith","question":"Where is my order?","queueId":"2","interfaceId":"1",' ..
  '"resumeType":"RESUME","incidentName":"SR0000012345","incidentType":"SVC_SERVICE_REQUESTS"}'
local BACK_END = "203.0.113.7"
local threads = 0

function setup(thread)
  threads = threads + 1
  thread:set("number", threads)
end

function init(args)
  run = os.time()
  sent = 0
  from_many = args[2] == "many"
  math.randomseed(run + number)
  local length = #string.format(BODY, name(0))
  before = "POST /crmRestApi/resources/latest/chatAuthenticate HTTP/1.1\r\nHost: chat.example.com\r\n" ..
    "Content-Type: application/vnd.oracle.adf.resourceitem+json\r\nX-Forwarded-Proto: https\r\n" ..
    "Authorization: " .. args[1] .. "\r\nContent-Length: " .. length .. "\r\nX-Forwarded-For: "
end

-- In no order, as in life: so the database touches all parts of its indexes, and not always the same.
function name(count)
  return string.format("user-%06x-%010d-%02d-%08d@example.com", math.random(0, 0xffffff), run, number, count)
end

function address()
  local random = math.random
  return string.format("10.%d.%d.%d", random(0, 255), random(0, 255), random(1, 254))
end

function request()
  sent = sent + 1
  return before .. (from_many and address() or BACK_END) .. "\r\n\r\n" .. string.format(BODY, name(sent))
end

function done(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format(
    '\n{"requests": %d, "microseconds": %d, "p50": %d, "p99": %d, "refused": %d, "broken": %d}\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99), errors.status,
    errors.connect + errors.read + errors.write + errors.timeout))
end
