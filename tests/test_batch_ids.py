from stancewire.batch.ids import IdSet


def test_an_id_is_new_once_however_many_there_are() -> None:
    ids = IdSet(map(str, range(20_000)))  # more than wait in the set of recent ones
    assert [ids.add(name) for name in ("0", "19999", "20000", "20000")] == [False, False, True, False]
    assert not any(ids.add(str(i)) for i in range(0, 20_000, 7))


def test_half_a_surrogate_pair_can_name_an_article() -> None:
    assert [IdSet(["\ud800"]).add(name) for name in ("\ud800", "a")] == [False, True]
