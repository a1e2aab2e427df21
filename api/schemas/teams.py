"""Teams 志愿服务队."""

from pydantic import Field

from api.schemas.values import UNSAID, Body, Code, Codes, Kind, Name, View


class TeamOut(View):
    code: str = Field(examples=["T-GZ"])
    name: str = Field(examples=["联系基地跟踪帮服务队"])
    unit_code: str = Field(examples=["BJ"])
    kind: str = Field(examples=["rural"])
    leader_code: str | None = Field(examples=["V125"])
    members: list[str] = Field(examples=[["V125", "V222"]])
    confirms_members: bool = Field(description="Whether its members come without being asked.")


class TeamIn(Body):
    code: Code
    name: Name
    unit_code: Code
    kind: Kind | None = None
    leader_code: Code | None = None
    members: Codes = ()
    confirms_members: bool = False


class TeamChange(Body):
    """`members` is the whole list: who is no longer on it ceases to belong today."""

    name: Name = UNSAID
    unit_code: Code = UNSAID
    kind: Kind | None = None
    leader_code: Code | None = None
    members: Codes = UNSAID
    confirms_members: bool = UNSAID
