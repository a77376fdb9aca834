from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from recommender.errors import TableError
from recommender.tables.text import decode, looks_damaged, repair

HERE = Path("log.md")


def damage(text: str, codec: str) -> str:
    """Read UTF-8 bytes in a wrong code page, undefined bytes passed through as C1 controls."""
    return "".join(
        bytes([b]).decode(codec, "ignore") or chr(b) if b > 127 else chr(b) for b in text.encode()
    )


@pytest.mark.parametrize("codec", ["cp1254", "cp1252"])
@pytest.mark.parametrize(
    "text", ["日期时间", "6月11日 04:21:13", "参数", "🧪 x", "café", "naïve Ü", "дата", "10 µs ± 2"]
)
def test_text_read_in_a_wrong_code_page_is_restored(text: str, codec: str) -> None:
    assert repair(damage(text, codec)) == text


@pytest.mark.parametrize("codec", ["cp1254", "cp1252"])
@given(text=st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5), min_size=2))
def test_every_chinese_text_is_restored_or_left_alone(codec: str, text: str) -> None:
    assert repair(damage(text, codec)) in {text, None}


@given(
    text=st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5), min_size=1),
    data=st.data(),
)
def test_a_lost_byte_is_never_guessed(text: str, data: st.DataObject) -> None:
    damaged = damage(text, "cp1254")
    lost = data.draw(st.integers(0, len(damaged) - 1).filter(lambda i: i % 3))
    assert repair(damaged[:lost] + damaged[lost + 1 :]) is None


def test_nothing_becomes_a_control_character() -> None:
    assert repair(damage("\x80", "cp1252")) is None


def test_a_lost_byte_is_noticed() -> None:
    lost = "参数".encode().decode("cp1254", "ignore")
    assert repair(lost) is None
    assert looks_damaged(lost)


CLEAN = [
    "café",
    "ÉTÉ",
    "CAFÉ…",
    "«CAFÉ»",
    "IRMÃ…",
    "IRMÃ”",
    "voilà\xa0»",
    "CAFÉ®",
    "5",
    "Å±1",
    "3×½",
    "2×²",
    "VÍŠ",
    "JÄ…",
    "Gruß…",
    "straße",
    "İŞ",
    "Ğ",
    "ı",
    "日期",
    "6月11日",
    "０.４８",
    "“quoted”",
    "‘x’",
    "&lt;",
    "ﬁ",
    "naïve",
    "£5",
    "€5",
    "1±2",
    "10µs",
    "°C",
    "25°",
    "Øystein",
]


@pytest.mark.parametrize("text", [*CLEAN, " ".join(CLEAN)])
def test_clean_text_is_not_altered(text: str) -> None:
    assert repair(text) is None
    assert not looks_damaged(text)


@given(st.lists(st.sampled_from(CLEAN)).map(" ".join))
def test_clean_words_in_any_order_are_not_altered(text: str) -> None:
    assert repair(text) is None


@given(st.text(st.characters(min_codepoint=0x100, exclude_categories=["Cs"])))
def test_text_beyond_the_code_pages_is_not_altered(text: str) -> None:
    assume(not set(text) & set("ĞğİıŞş€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ"))
    assert repair(text) is None


@given(st.text(st.characters(max_codepoint=127)))
def test_ascii_is_not_altered(text: str) -> None:
    assert repair(text) is None


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_unicode_is_recognised_and_the_byte_order_mark_dropped(encoding: str) -> None:
    assert decode("损失 0.48\n".encode(encoding), None, HERE) == "损失 0.48\n"


def test_another_encoding_is_read_when_it_is_named() -> None:
    assert decode("损失".encode("gb18030"), "gb18030", HERE) == "损失"


def test_text_in_another_encoding_names_line_and_byte() -> None:
    with pytest.raises(TableError, match=r"log\.md:2: byte 5 .*0xcb.*--encoding.*gb18030"):
        decode(b"a,b\n" + "损失".encode("gb18030"), None, HERE)


@pytest.mark.parametrize("data", [b"a\n\0", b"\x89PNG\n\0", "a\n\0".encode("utf-16")])
def test_a_binary_file_is_refused(data: bytes) -> None:
    with pytest.raises(TableError, match=r"log\.md:2: holds a NUL byte"):
        decode(data, None, HERE)


@pytest.mark.parametrize("encoding", ["no-such", "hex", "undefined", "a\0b"])
def test_an_unknown_encoding_is_refused(encoding: str) -> None:
    with pytest.raises(TableError, match="utf-8, gb18030"):
        decode(b"a", encoding, HERE)
