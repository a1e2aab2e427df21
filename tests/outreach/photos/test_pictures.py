"""Pictures made anew: small, upright, in the screen's colours, and nothing in them that is not seen."""

from io import BytesIO
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms
from PIL.PngImagePlugin import PngInfo

from outreach.photos import BadPicture, picture_of

SOMETHING_HIDDEN = (b"Exif", b"http://ns.adobe.com", b"ICC_PROFILE", b"Canon", b"GPS", b"secret", b"\xff\xfe")
SUBJECT_AREA, MAKE, ORIENTATION, GPS = 0x9214, 0x010F, 0x0112, 0x8825


def a_file(kind: str = "JPEG", size: tuple[int, int] = (60, 40), mode: str = "RGB", **how: Any) -> BytesIO:
    """A picture whose left half is red and whose right half is white, as far as the mode knows colours."""
    image = Image.new(mode, size, "white" if mode != "P" else 0)
    if mode in ("RGB", "RGBA"):
        image.paste("red", (0, 0, size[0] // 2, size[1]))
    written = BytesIO()
    image.save(written, kind, **how)
    written.seek(0)
    return written


def seen(octets: bytes) -> Image.Image:
    return Image.open(BytesIO(octets), formats=["JPEG"])


def with_camera(orientation: int) -> Image.Exif:
    exif = Image.Exif()
    exif[MAKE] = "Canon"
    exif[ORIENTATION] = orientation
    exif.get_ifd(GPS)[2] = (36.0, 6.0, 7.0)
    return exif


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_pictures_of_each_kind_become_small_jpegs_with_a_thumbnail(kind):
    made = picture_of(a_file(kind, (3200, 2400)))
    assert (made.width, made.height) == seen(made.image).size == (1600, 1200)
    assert seen(made.thumbnail).size == (320, 240)


def test_a_small_picture_stays_as_large_as_it_is():
    made = picture_of(a_file(size=(60, 40)))
    assert (made.width, made.height) == (60, 40)


def test_nothing_that_the_camera_wrote_is_left():
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    packet = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'>secret</x:xmpmeta>"
    brought = a_file(exif=with_camera(1), icc_profile=profile, comment=b"secret", xmp=packet)
    assert all(sign in brought.getvalue() for sign in (b"Canon", b"ICC_PROFILE", b"secret"))
    made = picture_of(brought)
    for octets in (made.image, made.thumbnail):
        assert [sign for sign in SOMETHING_HIDDEN if sign in octets] == []
        assert seen(octets).info.keys() <= {
            "jfif",
            "jfif_version",
            "jfif_unit",
            "jfif_density",
            "progressive",
        } | {"progression"}


def test_words_in_a_png_are_left_behind():
    words = PngInfo()
    words.add_text("Comment", "secret")
    assert b"secret" not in picture_of(a_file("PNG", pnginfo=words)).image


@pytest.mark.parametrize(
    ("orientation", "red_is"), [(1, "left"), (2, "right"), (3, "right"), (6, "above"), (8, "below")]
)
def test_a_picture_stands_upright_however_the_camera_was_held(orientation, red_is):
    made = picture_of(a_file(exif=with_camera(orientation)))
    image = seen(made.image)
    places = {
        "left": (2, image.height // 2),
        "right": (image.width - 3, image.height // 2),
        "above": (image.width // 2, 2),
        "below": (image.width // 2, image.height - 3),
    }
    green = {name: image.getpixel(place)[1] for name, place in places.items()}
    assert min(green, key=green.get) == red_is
    assert (image.width > image.height) == (orientation < 5)


@pytest.mark.parametrize(
    ("kind", "mode"),
    [("PNG", "RGBA"), ("PNG", "LA"), ("PNG", "P"), ("PNG", "I;16"), ("JPEG", "CMYK"), ("JPEG", "L")],
)
def test_every_way_of_keeping_colours_is_read(kind, mode):
    image = Image.new(mode, (30, 20))
    written = BytesIO()
    image.save(written, kind)
    written.seek(0)
    assert seen(picture_of(written).image).mode == "RGB"


def test_what_is_see_through_stands_on_white():
    image = Image.new("RGBA", (30, 20), (0, 0, 0, 0))
    written = BytesIO()
    image.save(written, "PNG")
    written.seek(0)
    assert seen(picture_of(written).image).getpixel((5, 5)) == (255, 255, 255)


@pytest.mark.parametrize(
    ("octets", "key"),
    [
        (b"", "photos.file_empty"),
        (b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00", "photos.file_of_apple"),
        (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "photos.file_is_no_photo"),
        (b"%PDF-1.7 and so on", "photos.file_is_no_photo"),
        (b"GIF89a" + b"\x01\x00" * 20, "photos.file_is_no_photo"),
        (b"\xff\xd8\xff\xe0" + b"\x00" * 40, "photos.file_is_no_photo"),
    ],
)
def test_what_is_no_photo_is_refused_with_its_reason(octets, key):
    with pytest.raises(BadPicture) as refused:
        picture_of(BytesIO(octets))
    assert refused.value.key == key


def test_a_file_that_was_cut_off_is_refused():
    whole = a_file(size=(900, 900), quality=95).getvalue()
    with pytest.raises(BadPicture) as refused:
        picture_of(BytesIO(whole[: len(whole) // 2]))
    assert refused.value.key == "photos.file_broken"


def test_a_small_file_that_unpacks_to_a_wall_is_refused_before_it_is_unpacked():
    for size in ((8000, 8000), (20000, 20000)):
        octets = a_file("PNG", (10, 10)).getvalue()
        claimed = b"".join(side.to_bytes(4, "big") for side in size)
        with pytest.raises(BadPicture) as refused:
            picture_of(BytesIO(_with_header(octets, claimed)))
        assert refused.value.key == "photos.file_too_many_pixels"


def _with_header(octets: bytes, claimed: bytes) -> bytes:
    """The PNG with another width and height in its header, and the sum of the header to match."""
    from zlib import crc32

    header = b"IHDR" + claimed + octets[24:29]
    return octets[:12] + header + crc32(header).to_bytes(4, "big") + octets[33:]


@settings(max_examples=60, deadline=None)
@given(
    kind=st.sampled_from(["JPEG", "PNG", "WEBP"]),
    changes=st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), max_size=12),
    kept=st.floats(0.05, 1),
)
def test_a_file_that_was_tampered_with_is_taken_or_refused_and_breaks_nothing(kind, changes, kept):
    octets = bytearray(a_file(kind, (64, 48)).getvalue())
    for place, value in changes:
        octets[int(place * len(octets))] = value
    try:
        made = picture_of(BytesIO(bytes(octets[: max(1, int(kept * len(octets)))])))
    except BadPicture:
        return
    assert seen(made.image).format == "JPEG"
