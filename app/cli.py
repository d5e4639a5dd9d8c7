"""DOOR: the commands of `bin/qlvb`, grouped; `bin/qlvb --help` shows each with one line."""

import json
import logging
from pathlib import Path
from typing import Any

import click

from app import (
    cli_agency,
    cli_arrival,
    cli_diagram,
    cli_doctor,
    cli_history,
    cli_intake,
    cli_layout,
    cli_recognise,
    cli_signature,
)
from app.refusal import Refusal
from config import Config


def _app() -> Any:
    from app import create_app

    return create_app()


def _url(config: Config) -> str:
    from app.db import embedded

    return config.database_url or embedded.Cluster(config.data).start()


class Grouped(click.Group):
    """Help that lists every command of every group with its line."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """One section per group."""
        for name in self.list_commands(ctx):
            command = self.get_command(ctx, name)
            if isinstance(command, click.Group):
                with formatter.section(f"{name} - {command.get_short_help_str(90).rstrip('.')}"):
                    formatter.write_dl([(f"{name} {sub}", command.commands[sub].get_short_help_str(90))
                                        for sub in sorted(command.commands)])
        with formatter.section("Running"):
            formatter.write_dl([(n, c.get_short_help_str(90)) for n, c in sorted(self.commands.items())
                                if not isinstance(c, click.Group)])


@click.group(cls=Grouped)
def cli() -> None:
    """QLVB&ĐH: document workflow for state agencies."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    for name in ("spiff", "spiff.task", "spiff.workflow", "alembic", "procrastinate", "httpx", "apscheduler",
                 "pikepdf"):
        logging.getLogger(name).setLevel(logging.WARNING)


@cli.command()
@click.option("--port", default=8000, show_default=True)
@click.option("--workers", default=2, show_default=True)
def serve(port: int, workers: int) -> None:
    """Serve the pages."""
    from granian import Granian
    from granian.constants import Interfaces

    Granian("app:create_app", address="127.0.0.1", port=port, interface=Interfaces.WSGI, workers=workers,
            blocking_threads=2, factory=True, websockets=False).serve()


@cli.command()
@click.option("--queues", default="",
              help="ocr,conversion,answer,default,exchange,mail,signing,revocation; empty = all")
@click.option("--concurrency", default=2, show_default=True,
              help="slots of the work that waits for nobody outside; what does has its own")
def worker(queues: str, concurrency: int) -> None:
    """Run jobs: recognition, conversion, signing, exchange."""
    from app import worker as door

    door.serve(_app(), queues.split(",") if queues else None, concurrency)


@cli.command()
def clock() -> None:
    """Wake timers and look into the exchange."""
    from app import clock as door

    door.serve(_app())


@cli.command()
@click.option("--port", default=8090, show_default=True)
@click.option("--folder", default="", help="where its messages lie; default: axis/ in the data folder")
def axis(port: int, folder: str) -> None:
    """Run the local exchange axis (demo and tests)."""
    from app import axis as door

    door.main(Path(folder) if folder else Config().data / "axis", port)


@cli.command()
@click.option("--port", default=8000, show_default=True)
@click.option("--data", default="", help="data folder; default var/")
@click.option("--reset", is_flag=True, help="throw the demo province away and make it anew")
def demo(port: int, data: str, reset: bool) -> None:
    """Make the demo province if needed and run everything."""
    from app.demo import run

    run.main(port, data, reset)


cli.add_command(cli_doctor.doctor)
cli.add_command(cli_recognise.recognise)


@cli.group()
def db() -> None:
    """The database."""


@db.command("upgrade")
def db_upgrade() -> None:
    """Bring the database to the newest version; what an earlier one wrote without an act becomes history, once."""
    from app import set_up
    from app.db import migrate

    is_new = migrate.upgrade(_url(Config()))
    taken = set_up.take_over(_app())
    click.echo("upgraded" if is_new else f"taken over into history: {taken} agencies" if taken else "nothing to do")


@db.command("catalogue")
def db_catalogue() -> None:
    """Print what the migrations made, for app/db/catalogue.txt after a new one."""
    from app.db import catalogue

    catalogue.tell(_url(Config()), click.echo)


@db.command("revision")
@click.argument("message")
def db_revision(message: str) -> None:
    """Write a migration from the models."""
    from app.db import migrate

    migrate.write(_url(Config()), message)


@db.command("stop")
def db_stop() -> None:
    """Stop the embedded database."""
    from app.db import embedded

    embedded.Cluster(Config().data).stop()


cli.add_command(cli_agency.agency)


@cli.group()
def diagram() -> None:
    """Procedures, forms and tables."""


@diagram.command("load")
def diagram_load() -> None:
    """Publish the shipped diagrams and forms to every agency that has not published its own."""
    from app import set_up

    for slug, made in set_up.load_diagrams(_app()).items():
        told = "keeps its own" if made is None else ", ".join(made) or "nothing new"
        click.echo(f"{slug}: {told}")


@diagram.command("template")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--note", required=True, help="what is new, shown to the agencies")
def diagram_template(folder: Path, note: str) -> None:
    """Publish processes/ and forms/ of a folder as the province's templates."""
    from app import set_up

    for key, version in set_up.publish_templates(_app(), folder, note).items():
        click.echo(f"{key}: version {version}")


diagram.add_command(cli_diagram.check)
diagram.add_command(cli_diagram.expression)
cli.add_command(cli_history.history)
cli.add_command(cli_intake.intake)
cli.add_command(cli_layout.layout)
cli.add_command(cli_signature.signature)
cli.add_command(cli_arrival.edxml)
cli.add_command(cli_arrival.mailbox)


@cli.group()
def bench() -> None:
    """Measurements; each prints its figures beside an anchor of the same run."""


def _print(report: dict[str, Any], as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(report, ensure_ascii=False, indent=1))
        return
    for figure in report["figures"]:
        click.echo("{name:44} {ours:>10} {unit:6} anchor {anchor:>10} ratio {ratio:>7} goal {goal} {ok}".format(
            **{k: "" if v is None else v for k, v in figure.items()}))


@bench.command("check")
@click.option("--edits", default=1000, show_default=True, help="edited drawings compared with brute force")
@click.option("--json", "as_json", is_flag=True)
def bench_check(edits: int, as_json: bool) -> None:
    """The check of diagrams: its time, and the proof that it misses nothing."""
    from app.bench import check

    _print(check.run(edits), as_json)


@bench.command("recognise")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--agencies", type=click.Path(exists=True, dir_okay=False, path_type=Path),
              help="the directory, one name a line")
@click.option("--predictions", type=click.Path(dir_okay=False, path_type=Path), help="keep what was read")
@click.option("--json", "as_json", is_flag=True)
def bench_recognise(folder: Path, agencies: Path | None, predictions: Path | None, as_json: bool) -> None:
    """Recognition against the labelled documents of a folder."""
    from app.bench import recognise

    _labelled(folder)
    _print(recognise.run(folder, cli_recognise.directory(agencies), predictions), as_json)


@bench.command("intake")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--letters", default=30, show_default=True, help="how many of them are taken in")
@click.option("--json", "as_json", is_flag=True)
def bench_intake(folder: Path, letters: int, as_json: bool) -> None:
    """Labelled letters taken in in the browser, beside three typed by hand: keys, clicks, seconds of the clerk."""
    from app.bench import intake

    _labelled(folder)
    _print(intake.run(folder, letters), as_json)


def _labelled(folder: Path) -> None:
    if not (folder / "truth.json").is_file() or not (folder / "score.py").is_file():
        raise click.BadParameter("no truth.json and score.py in it", param_hint="FOLDER")


@bench.command("sign")
@click.option("--json", "as_json", is_flag=True)
def bench_sign(as_json: bool) -> None:
    """Signing a PDF, CPU beside bare pyHanko."""
    from app.bench import sign

    _print(sign.run(), as_json)


@bench.command("verify")
@click.option("--json", "as_json", is_flag=True)
def bench_verify(as_json: bool) -> None:
    """The verdict over the signatures of a file of twenty pages."""
    from app.bench import signature

    _print(signature.run(), as_json)


@bench.command("history")
@click.option("--acts", default=100_000, show_default=True, help="of the long history that is verified")
@click.option("--json", "as_json", is_flag=True)
def bench_history(acts: int, as_json: bool) -> None:
    """Acts written, replayed, kept, verified, played back, taken out."""
    from app.bench import history

    _print(history.run(acts), as_json)


def _bench(name: str, help_text: str) -> None:
    @bench.command(name, help=help_text)
    @click.option("--json", "as_json", is_flag=True)
    def command(as_json: bool) -> None:
        from importlib import import_module

        _print(import_module(f"app.bench.{name}").run(), as_json)


for _name, _help in (("engine", "A step of the engine against the library's own."),
                     ("task", "Completing a task over HTTP."), ("inbox", "The inbox with 1k, 10k, 100k tasks."),
                     ("search", "Finding words in the text of 100,000 documents."),
                     ("dispatch", "500 recipients queued and sent."),
                     ("complete", "Number and date into a draft, and its PDF/A."),
                     ("publish", "Publishing a proposal."), ("editor", "Opening the editor of a diagram."),
                     ("releases", "A step with 10,000 instances on 50 releases.")):
    _bench(_name, _help)


def main() -> None:
    """Run a command; a rule that says no is one line, not a traceback."""
    try:
        cli(prog_name="qlvb")
    except Refusal as refusal:
        raise SystemExit(f"qlvb: {refusal} {refusal.facts or ''}".rstrip()) from None


if __name__ == "__main__":
    main()
