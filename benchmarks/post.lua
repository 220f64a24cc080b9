-- What wrk sends: the same form again and again, as the back ends of a site post it.
--
-- Arguments: the path; the value of the header Authorization; the body, a form.

function init(args)
  whole = "POST " .. args[1] .. " HTTP/1.1\r\nHost: chat.example.com\r\n" ..
    "Content-Type: application/x-www-form-urlencoded\r\nX-Forwarded-Proto: https\r\n" ..
    "X-Forwarded-For: 203.0.113.7\r\nAuthorization: " .. args[2] .. "\r\n" ..
    "Content-Length: " .. #args[3] .. "\r\n\r\n" .. args[3]
end

function request()
  return whole
end

function done(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format(
    '\n{"requests": %d, "microseconds": %d, "p50": %d, "p99": %d, "refused": %d, "broken": %d}\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99), errors.status,
    errors.connect + errors.read + errors.write + errors.timeout))
end
