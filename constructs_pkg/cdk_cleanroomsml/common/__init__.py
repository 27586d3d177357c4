"""What the rooms share. It is a shelf and no room: each module here is for all of them."""
