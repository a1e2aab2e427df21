"""A file that somebody brings, made into a picture of ours: smaller, upright, and nothing in it but what is seen.

Where and with what it was taken, whom the camera recognised, older versions hidden in it: none of that is copied. Pure:
no database.
"""

import struct
import warnings
from dataclasses import dataclass
from io import BytesIO
from typing import IO, Final

from PIL import Image, ImageCms, ImageOps

LARGEST_FILE: Final = 12 * 1024 * 1024
MOST_PIXELS: Final = 50_000_000
"""What phones take is below that; a small file that claims more would fill the memory."""
LONGEST_SIDE: Final = 1600
THUMBNAIL_SIDE: Final = 320
FORMATS: Final = ("JPEG", "PNG", "WEBP")

_QUALITY: Final = 82
_PAPER: Final = (255, 255, 255)
# What decoders raise on files that are cut off or made to break them.
_BROKEN: Final = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    IndexError,
    KeyError,
    EOFError,
    OverflowError,
    ZeroDivisionError,
    MemoryError,
    struct.error,
)


@dataclass(frozen=True, slots=True)
class Picture:
    """Two JPEGs of the same scene; width and height, in pixels, are those of the larger."""

    image: bytes
    thumbnail: bytes
    width: int
    height: int


class BadPicture(Exception):
    """A file that cannot be taken; `key` names the sentence that says why."""

    def __init__(self, key: str) -> None:
        self.key = key
        super().__init__(key)


def picture_of(file: IO[bytes]) -> Picture:
    """The picture in a file; raises BadPicture for what is none, is broken, or would be too large unpacked."""
    head = file.read(12)
    file.seek(0)
    if not head:
        raise BadPicture("photos.file_empty")
    if head[4:8] == b"ftyp":
        raise BadPicture("photos.file_of_apple")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            opened = Image.open(file, formats=FORMATS)
    except Image.DecompressionBombError:
        raise BadPicture("photos.file_too_many_pixels") from None
    except _BROKEN:
        raise BadPicture("photos.file_is_no_photo") from None
    with opened:
        if opened.width * opened.height > MOST_PIXELS:
            raise BadPicture("photos.file_too_many_pixels")
        try:
            return _made_anew(opened)
        except _BROKEN:
            raise BadPicture("photos.file_broken") from None


def _made_anew(opened: Image.Image) -> Picture:
    orientation, profile = opened.getexif(), opened.info.get("icc_profile")
    # A JPEG is unpacked no larger than it is needed.
    opened.draft(None, (2 * LONGEST_SIDE, 2 * LONGEST_SIDE))
    seen = _of_eight_bits(opened)
    seen.thumbnail((LONGEST_SIDE, LONGEST_SIDE), Image.Resampling.LANCZOS)
    seen = _in_screen_colours(seen, profile)
    if orientation.get(_ORIENTATION, 1) in _TURNS:
        seen = seen.transpose(_TURNS[orientation[_ORIENTATION]])
    # A new image: only the points go over, nothing that stands beside them.
    clean = Image.new("RGB", seen.size, _PAPER)
    clean.paste(seen)
    small = ImageOps.contain(clean, (THUMBNAIL_SIDE, THUMBNAIL_SIDE), Image.Resampling.LANCZOS)
    return Picture(_jpeg(clean), _jpeg(small), clean.width, clean.height)


_ORIENTATION: Final = 0x0112
_TURNS: Final = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""What brings a picture upright, by EXIF's word for how the camera was held."""


def _of_eight_bits(image: Image.Image) -> Image.Image:
    """Grey, RGB or CMYK, on white where it was see-through."""
    if image.mode.startswith("I"):
        return image.convert("I").point(lambda depth: depth / 256).convert("L").convert("RGB")
    if image.mode in ("RGBA", "LA", "PA", "P", "La", "RGBa") or "transparency" in image.info:
        drawn = image.convert("RGBA")
        paper = Image.new("RGB", drawn.size, _PAPER)
        paper.paste(drawn, mask=drawn.getchannel("A"))
        return paper
    return image if image.mode in ("RGB", "CMYK") else image.convert("RGB")


def _in_screen_colours(image: Image.Image, profile: bytes | None) -> Image.Image:
    """In sRGB, which is what a picture without a profile is shown in."""
    if profile:
        try:
            theirs = ImageCms.ImageCmsProfile(BytesIO(profile))
            ours = ImageCms.createProfile("sRGB")
            turned = ImageCms.profileToProfile(image, theirs, ours, outputMode="RGB")
        except (ImageCms.PyCMSError, *_BROKEN):
            turned = None
        if turned is not None:
            return turned
    return image.convert("RGB")


def _jpeg(image: Image.Image) -> bytes:
    written = BytesIO()
    image.save(written, "JPEG", quality=_QUALITY, optimize=True, progressive=True)
    return written.getvalue()
