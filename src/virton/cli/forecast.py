"""`virton forecast`: what becomes of a cluster when something fails or is changed."""

import json
from typing import Annotated

import typer

from virton.cli.asked import Asked, JsonOption
from virton.cli.complaint import WRONG_INPUT, complain
from virton.cli.faults import in_words
from virton.cli.language import LanguageOption, sentences
from virton.cli.option_groups import with_groups
from virton.cli.simulate import EventsOption
from virton.cli.terminal import terminal

Several = list[str] | None

LoseOption = Annotated[
    Several,
    typer.Option(metavar="NODE[@+S]", help="This node loses its power (S seconds later)."),
]
CutOption = Annotated[
    Several,
    typer.Option(metavar="NODE[@+S]", help="This node loses its network (S seconds later)."),
]
SplitOption = Annotated[
    str | None, typer.Option(metavar="'a,b|c'", help="The network falls into these parts.")
]
MaintenanceOption = Annotated[
    Several, typer.Option(metavar="NODE", help="This node is put into maintenance.")
]
RebootOption = Annotated[Several, typer.Option(metavar="NODE", help="This node is rebooted.")]
ShutdownOption = Annotated[Several, typer.Option(metavar="NODE", help="This node is shut down.")]
FailStartOption = Annotated[
    Several, typer.Option(metavar="SID", help="Every start of this guest fails.")
]
AddRuleOption = Annotated[
    Several,
    typer.Option(metavar="RULE", help="Suppose a rule: 'NAME resources=vm:1 nodes=a,b strict=1'."),
]
ChangeOption = Annotated[
    Several,
    typer.Option(metavar="CHANGE", help="Suppose a change: 'NAME strict=0', 'vm:1 state=stopped'."),
]
RemoveOption = Annotated[
    Several, typer.Option(metavar="NAME", help="Suppose a rule or a resource removed.")
]
MoveOption = Annotated[
    Several, typer.Option(metavar="'SID NODE'", help="Suppose a resource migrated to a node.")
]
AsVersionOption = Annotated[
    str | None, typer.Option(metavar="VERSION", help="As if Proxmox VE had this version.")
]


@with_groups
def forecast(
    *,
    source: Asked,
    lose: LoseOption = None,
    cut: CutOption = None,
    split: SplitOption = None,
    maintenance: MaintenanceOption = None,
    reboot: RebootOption = None,
    shutdown: ShutdownOption = None,
    fail_start: FailStartOption = None,
    add_rule: AddRuleOption = None,
    change: ChangeOption = None,
    remove: RemoveOption = None,
    move: MoveOption = None,
    as_version: AsVersionOption = None,
    do: Annotated[
        Several,
        typer.Option(metavar="COMMAND", help="Play a captured world on with this command instead."),
    ] = None,
    events: EventsOption = False,
    as_json: JsonOption = False,
    lang: LanguageOption = None,
) -> None:
    """Tell what becomes of every resource; with nothing chosen, what the stack does by itself."""
    if do or events:
        from virton.cli.played import listener, play_on

        play_on(source.capture, do or [], listener(lang, events=events))
        return
    from virton.cli.forecast_page import print_answer
    from virton.forecast.ask import ask
    from virton.forecast.question import QuestionError, question_of

    situation = source.situation()
    try:
        question = question_of(
            {
                "lose": lose,
                "cut": cut,
                "split": split,
                "maintenance": maintenance,
                "reboot": reboot,
                "shutdown": shutdown,
                "fail_start": fail_start,
                "add_rule": add_rule,
                "change": change,
                "remove": remove,
                "move": move,
                "as_version": as_version,
            },
            situation,
        )
        answer = ask(situation, question)
    except QuestionError as error:
        complain(in_words(error), code=WRONG_INPUT)
    if as_json:
        typer.echo(json.dumps(answer.to_json(), ensure_ascii=False, indent=1, sort_keys=True))
    else:
        print_answer(terminal(), sentences(lang), answer)
