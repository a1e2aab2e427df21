"""`yinling`, the one program: finds the settings, runs one command, and turns what happened into an exit code.

0 done, 2 the input is wrong and nothing changed, 1 anything else.
"""

import sys
import traceback
from collections.abc import Sequence

import typer
from pydantic import ValidationError
from rich.console import Console as RichConsole

# Typer carries a click of its own and gives out only some of its exceptions.
from typer._click.exceptions import UsageError

from cli import offices, records, services
from cli.console import DONE, FAILED, INPUT_WRONG, Console
from cli.workplace import Workplace
from outreach.errors import OutreachError
from settings import Settings

EPILOG = "Everywhere: --data DIR (the data folder), --json (one JSON object on stdout), before or after the command."

commands = typer.Typer(
    name="yinling", no_args_is_help=True, add_completion=False, epilog=EPILOG, pretty_exceptions_enable=False
)
for room in (offices, records, services):
    room.add_to(commands)


@commands.callback(epilog=EPILOG)
def yinling() -> None:
    """Yinling 银龄 plans, staffs, records and counts the outreach work of an office and its volunteers."""


def app() -> None:
    """What the console script calls."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Run one command and return its exit code."""
    try:
        rest, data, as_json = everywhere(arguments)
        if as_json and not rest:
            raise UsageError("which command?")
        settings = Settings() if data is None else Settings(data=data)  # type: ignore[arg-type]  # pydantic makes it a Path
    except (ValidationError, UsageError) as error:
        _complain(_reasons(error), as_json="--json" in arguments)
        return INPUT_WRONG
    console = Console(as_json=as_json, language=settings.language)
    place = Workplace(settings, console)
    try:
        code = commands(rest, standalone_mode=False, obj=place, prog_name="yinling")
    except OutreachError as error:
        console.error(error)
        return INPUT_WRONG
    except UsageError as error:
        _complain([error.format_message()], as_json=as_json)
        return INPUT_WRONG
    except typer.Exit as stop:
        return stop.exit_code
    except (typer.Abort, KeyboardInterrupt):
        return FAILED
    except Exception as error:  # noqa: BLE001 - the last one who can say what went wrong
        traceback.print_exc()
        if as_json:
            console.result({"errors": [{"message": str(error)}]}, "")
        return FAILED
    finally:
        place.leave()
    return code if isinstance(code, int) else DONE


def everywhere(arguments: Sequence[str]) -> tuple[list[str], str | None, bool]:
    """Take out what every command understands, wherever it stands: `--data DIR` and `--json`."""
    rest: list[str] = []
    data, as_json = None, False
    waiting = iter(arguments)
    for argument in waiting:
        if argument == "--":
            rest += [argument, *waiting]
        elif argument == "--json":
            as_json = True
        elif argument == "--data":
            data = next(waiting, None)
            if data is None or data.startswith("--"):
                raise UsageError("--data needs a folder")
        elif argument.startswith("--data="):
            data = argument.removeprefix("--data=")
        else:
            rest.append(argument)
    return rest, data, as_json


def _reasons(error: ValidationError | UsageError) -> list[str]:
    if isinstance(error, UsageError):
        return [error.format_message()]
    return [f"YINLING_{'_'.join(map(str, fault['loc'])).upper()}: {fault['msg']}" for fault in error.errors()]


def _complain(reasons: Sequence[str], *, as_json: bool) -> None:
    """Before there are settings there is no language: these are said in the words of the libraries."""
    console = Console(as_json=as_json, language="en")
    console.messages = RichConsole(stderr=True, highlight=False, soft_wrap=True)
    console.faults([{"message": reason} for reason in reasons])


if __name__ == "__main__":
    app()
