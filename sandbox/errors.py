"""What the service refuses, and how it says so."""


class Refusal(Exception):
    """A request that is answered without running anything of it to an end.

    Args:
        status: of HTTP.
        kind: stable, snake case.
        message: for the person who made the request.
        retry_after_s: when to come again; 0: not said.
    """

    def __init__(self, status: int, kind: str, message: str, *, retry_after_s: int = 0) -> None:
        super().__init__(message)
        self.status, self.kind, self.message, self.retry_after_s = status, kind, message, retry_after_s


class SetupError(Exception):
    """The program cannot start as it is set up; the message is for the person who started it."""


def unavailable(reason: str) -> Refusal:
    """Nothing is run because the walls do not stand."""
    return Refusal(503, "sandbox_unavailable", f"The sandbox runs nothing: {reason}", retry_after_s=30)


def interrupted() -> Refusal:
    """The fork server ended under a run."""
    return Refusal(503, "sandbox_restarted", "The sandbox was restarted during the run.", retry_after_s=1)


def setup_failed(reason: str) -> Refusal:
    """A wall of one run could not be built, so that nothing of it ran."""
    return Refusal(503, "sandbox_setup_failed", f"The run was not started: {reason}", retry_after_s=5)


def busy(waiting: int) -> Refusal:
    """More runs than slots and queue hold."""
    return Refusal(429, "busy", f"{waiting} runs are waiting already.", retry_after_s=1)
