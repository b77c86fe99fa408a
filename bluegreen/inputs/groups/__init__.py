"""The inputs, group by group, in the order a reader meets them; each class's first line is the group's title."""
