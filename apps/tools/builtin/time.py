"""Clock and calendar."""

from datetime import UTC, datetime
from typing import ClassVar
from zoneinfo import ZoneInfo

from pydantic import Field

from apps.tools.contracts import Tool, ToolArgs, ToolFailed, ToolPorts, ToolResult, setting, tools

FORMAT = "%Y-%m-%d %H:%M:%S"


class NowArgs(ToolArgs):
    """See `ToolArgs`."""

    format: str = setting(FORMAT, "How the time is written, as strftime has it.")
    timezone: str = setting("UTC", "Whose time it is, such as Europe/Berlin.")


class MomentArgs(ToolArgs):
    """See `ToolArgs`."""

    localtime: str = Field(description="A time such as 2024-01-01 08:00:00.")
    timezone: str = setting("UTC", "Whose time it is.")


class StampArgs(ToolArgs):
    """See `ToolArgs`."""

    timestamp: float = Field(description="Seconds since 1970-01-01 UTC.")
    timezone: str = setting("UTC", "Whose time is wanted.")


class ConversionArgs(ToolArgs):
    """See `ToolArgs`."""

    current_time: str = Field(description="A time such as 2024-01-01 08:00:00.")
    current_timezone: str = setting("UTC", "Whose time it is.")
    target_timezone: str = setting("UTC", "Whose time is wanted.")


class DayArgs(ToolArgs):
    """See `ToolArgs`."""

    year: int = Field(description="The year.", ge=1, le=9999)
    month: int = Field(description="The month, 1 to 12.", ge=1, le=12)
    day: int = Field(description="The day of the month.", ge=1, le=31)


@tools.register
class CurrentTime(Tool[NowArgs]):
    """The time now."""

    key: ClassVar[str] = "time/current_time"
    label: ClassVar[str] = "Current time"
    description: ClassVar[str] = "Tells the current date and time."
    Args = NowArgs

    async def use(self, args: NowArgs, ports: ToolPorts) -> ToolResult:
        """See the base class."""
        return ToolResult(datetime.now(_zone(args.timezone)).strftime(args.format or FORMAT))


@tools.register
class Weekday(Tool[DayArgs]):
    """The day of the week."""

    key: ClassVar[str] = "time/weekday"
    label: ClassVar[str] = "Day of the week"
    description: ClassVar[str] = "Tells the day of the week of a date."
    Args = DayArgs

    async def use(self, args: DayArgs, ports: ToolPorts) -> ToolResult:
        """See the base class."""
        try:
            found = datetime(args.year, args.month, args.day, tzinfo=UTC)
        except ValueError as error:
            raise ToolFailed(f"There is no day {args.year}-{args.month}-{args.day}.") from error
        return ToolResult(f"{found:%B} {found.day}, {found.year} is a {found:%A}.")


@tools.register
class ToTimestamp(Tool[MomentArgs]):
    """A time as seconds."""

    key: ClassVar[str] = "time/localtime_to_timestamp"
    label: ClassVar[str] = "Time to timestamp"
    description: ClassVar[str] = "Turns a local time into seconds since 1970."
    Args = MomentArgs

    async def use(self, args: MomentArgs, ports: ToolPorts) -> ToolResult:
        """See the base class."""
        return ToolResult(str(int(_moment(args.localtime, args.timezone).timestamp())))


@tools.register
class ToTime(Tool[StampArgs]):
    """Seconds as a time."""

    key: ClassVar[str] = "time/timestamp_to_localtime"
    label: ClassVar[str] = "Timestamp to time"
    description: ClassVar[str] = "Turns seconds since 1970 into a local time."
    Args = StampArgs

    async def use(self, args: StampArgs, ports: ToolPorts) -> ToolResult:
        """See the base class."""
        try:
            found = datetime.fromtimestamp(args.timestamp, _zone(args.timezone))
        except (OverflowError, ValueError, OSError) as error:
            raise ToolFailed("The timestamp is out of range.") from error
        return ToolResult(found.strftime(FORMAT))


@tools.register
class Conversion(Tool[ConversionArgs]):
    """A time elsewhere."""

    key: ClassVar[str] = "time/timezone_conversion"
    label: ClassVar[str] = "Time zone conversion"
    description: ClassVar[str] = "Turns the time of one time zone into that of another."
    Args = ConversionArgs

    async def use(self, args: ConversionArgs, ports: ToolPorts) -> ToolResult:
        """See the base class."""
        moment = _moment(args.current_time, args.current_timezone)
        return ToolResult(moment.astimezone(_zone(args.target_timezone)).strftime(FORMAT))


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name.strip() or "UTC")
    except (LookupError, ValueError, OSError) as error:
        raise ToolFailed(f"There is no time zone {name[:60]!r}. Write one such as Europe/Berlin.") from error


def _moment(text: str, zone: str) -> datetime:
    try:
        found = datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise ToolFailed(f"{text[:60]!r} is no time. Write it as 2024-01-01 08:00:00.") from error
    return found if found.tzinfo else found.replace(tzinfo=_zone(zone))
