"""What cannot be done, on a page that helps: what happened, what was kept, where to go on."""

from urllib.parse import quote

from fastapi import Request
from starlette.responses import Response

from api.forms.kept import kept_form
from api.pages.answers import go_on
from api.pages.rendering import render, sign_in_page
from api.problems import Problem, answer, language_of, slug, title
from wording.sentences import say


async def error_page(request: Request, problem: Problem) -> Response:
    """The page of a problem. Who is not signed in is asked to sign in first, and comes back to where they wanted to go;
    what they typed waits for them there.

    A program that asks for documents alone gets one here too.
    """
    if not _reads_pages(request):
        return answer(problem, language_of(request))
    if problem.status == 401:
        kept = await kept_form(request, public_url=request.app.state.office.settings.public_url)
        if kept is not None:
            return sign_in_page(
                request,
                status=401,
                kept=kept,
                message=say("pages.kept_sign_in", language=language_of(request)),
            )
        wanted = f"{request.url.path}?{request.url.query}" if request.url.query else request.url.path
        comes_back = f"?next={quote(wanted, safe='/')}" if request.method == "GET" and wanted != "/" else ""
        return go_on(f"/login{comes_back}")
    response = render(
        request,
        "problem.html",
        status=problem.status,
        title=title(problem.status, language_of(request)),
        slug=slug(problem.status).replace("-", "_"),
        problem=problem,
    )
    response.headers.update(problem.headers)
    return response


def _reads_pages(request: Request) -> bool:
    accepted = request.headers.get("accept", "*/*")
    return "text/html" in accepted or "*/*" in accepted
