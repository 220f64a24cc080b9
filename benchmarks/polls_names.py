"""Who takes part in the measurement of polls: numbers, and by what the server knows them."""

SITE = "benchmark"
FIRST_ENGAGEMENT = 1_000_000
FIRST_ACCOUNT = 2_000_000


def customer_session(number: int) -> str:
    """Return the session id of a customer."""
    return f"1-1.benchmark-customer-{number:09}-{'x' * 20}"


def agent_session(number: int) -> str:
    """Return the session id of an agent."""
    return f"1-1.benchmark-agent-{number:09}-{'x' * 20}"


def customer_header(number: int) -> str:
    """Return the header that a customer proves itself with."""
    return f"SessionId: {customer_session(number)}\r\n"


def agent_header(number: int) -> str:
    """Return the headers that an agent proves itself with."""
    return f"X-JSESSIONID: {agent_session(number)}\r\nX-AID: {account_of(number)}\r\n"


def engagement_of(customer: int) -> int:
    """Return the id of a customer's engagement."""
    return FIRST_ENGAGEMENT + customer


def account_of(agent: int) -> int:
    """Return the id of an agent's account."""
    return FIRST_ACCOUNT + agent


def agent_of(customer: int, *, agents: int) -> int:
    """Return which agent a customer talks to."""
    return customer % agents
