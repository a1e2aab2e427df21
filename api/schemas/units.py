"""Units 单位."""

from pydantic import Field

from api.schemas.values import UNSAID, Body, Code, Kind, Name, View


class UnitOut(View):
    code: str = Field(examples=["Z04"])
    name: str = Field(examples=["白果乡"])
    parent_code: str | None = Field(
        description="The unit above it; null for a root and for one that you do not see."
    )
    kind: str = Field(examples=["township"])


class UnitIn(Body):
    code: Code
    name: Name
    parent_code: Code | None = None
    kind: Kind | None = None


class UnitChange(Body):
    """The unit below which it stands changes from today on; earlier months keep the tree they had."""

    name: Name = UNSAID
    parent_code: Code | None = None
    kind: Kind | None = None
