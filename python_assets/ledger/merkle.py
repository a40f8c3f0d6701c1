"""The RFC 6962 Merkle tree (SHA-256): root, inclusion path, and its check.

Leaves are byte strings in order; hashes are 32 bytes. Source: RFC 6962, sections 2.1 and 2.1.1.
"""

from collections.abc import Iterable
from hashlib import sha256


def leaf_hash(leaf: bytes) -> bytes:
    """The hash of one leaf; its prefix keeps a leaf from passing for an inner node."""
    return sha256(b"\0" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of an inner node over those of its two children."""
    return sha256(b"\1" + left + right).digest()


def tree_root(leaves: Iterable[bytes]) -> bytes:
    """The root over the leaves, read one by one: memory grows with the tree's height only."""
    complete: list[tuple[int, bytes]] = []  # complete subtrees, left to right: number of leaves, root
    for leaf in leaves:
        size, root = 1, leaf_hash(leaf)
        while complete and complete[-1][0] == size:
            root = node_hash(complete.pop()[1], root)
            size *= 2
        complete.append((size, root))
    if not complete:
        return sha256(b"").digest()
    root = complete.pop()[1]
    while complete:
        root = node_hash(complete.pop()[1], root)
    return root


def tree_levels(hashes: list[bytes]) -> list[list[bytes]]:
    """All nodes of the tree over leaf hashes, from the leaves up to the root; a node without a sibling moves up."""
    levels = [hashes]
    while len(levels[-1]) > 1:
        below = levels[-1]
        pairs = [node_hash(left, right) for left, right in zip(below[::2], below[1::2], strict=False)]
        levels.append(pairs + below[2 * len(pairs) :])
    return levels


def inclusion_path(levels: list[list[bytes]], index: int) -> list[bytes]:
    """The siblings on the way from leaf `index` (from 0) to the root, of a tree as `tree_levels` gives it."""
    path = []
    for level in levels[:-1]:
        if (index ^ 1) < len(level):
            path.append(level[index ^ 1])
        index //= 2
    return path


def root_from_path(leaf: bytes, index: int, tree_size: int, path: list[bytes]) -> bytes | None:
    """The root that the path leads to from leaf `index` of `tree_size`; None if that tree has no such path."""
    if not 0 <= index < tree_size:
        return None
    root, last, siblings = leaf_hash(leaf), tree_size - 1, list(reversed(path))
    while last > 0:
        if index % 2 or index < last:
            if not siblings:
                return None
            sibling = siblings.pop()
            root = node_hash(sibling, root) if index % 2 else node_hash(root, sibling)
        index, last = index // 2, last // 2
    return None if siblings else root
