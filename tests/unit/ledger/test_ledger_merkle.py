"""The Merkle tree is that of RFC 6962."""

import pytest

from python_assets.ledger.merkle import inclusion_path, leaf_hash, root_from_path, tree_levels, tree_root

# The leaves and roots of the certificate-transparency reference implementation, for sizes 0 to 8.
LEAVES = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


@pytest.mark.parametrize(("size", "root"), list(enumerate(ROOTS)))
def test_root_is_that_of_the_reference(size, root):
    assert tree_root(map(bytes.fromhex, LEAVES[:size])).hex() == root


@pytest.mark.parametrize("size", range(1, 21))
def test_every_leaf_is_proved_and_nothing_else(size):
    leaves = [f"leaf {n}".encode() for n in range(size)]
    root = tree_root(leaves)
    levels = tree_levels([leaf_hash(leaf) for leaf in leaves])
    assert levels[-1] == [root]
    for index, leaf in enumerate(leaves):
        path = inclusion_path(levels, index)
        assert root_from_path(leaf, index, size, path) == root
        assert root_from_path(leaf + b"x", index, size, path) != root
        assert root_from_path(leaf, index, size, [*path, root]) is None
        for position in range(len(path)):
            flipped = bytes([path[position][0] ^ 1]) + path[position][1:]
            assert root_from_path(leaf, index, size, [*path[:position], flipped, *path[position + 1 :]]) != root
            assert root_from_path(leaf, index, size, path[:position]) is None
        assert all(root_from_path(leaf, other, size, path) != root for other in range(-1, size + 1) if other != index)
