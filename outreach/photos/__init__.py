"""Photos 照片 of activities: made anew without what cameras write into them, kept in the database, removed in time."""

from outreach.photos.keeping import (
    Added,
    PhotoView,
    add_photos,
    photo_of,
    photos_of,
    remove_photo,
    remove_photos_of_visits,
    thumbnail_of,
)
from outreach.photos.pictures import LARGEST_FILE, BadPicture, Picture, picture_of

__all__ = [
    "LARGEST_FILE",
    "Added",
    "BadPicture",
    "Picture",
    "PhotoView",
    "add_photos",
    "photo_of",
    "photos_of",
    "picture_of",
    "remove_photo",
    "remove_photos_of_visits",
    "thumbnail_of",
]
