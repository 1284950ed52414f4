"""The encoding is said with its reason, and what is said wrongly is overruled, never silently."""

from __future__ import annotations

import pytest

from geodata.files.codec_names import codec_named
from geodata.files.encodings import decode, for_fields, for_text
from geodata.files.notices import Refused

CHINESE = [(one.encode("gbk"), False) for one in ("九原区体育馆避难所", "沙河街道广场", "麻池镇中心小学")]


@pytest.mark.parametrize(
    ("name", "codec"),
    [
        ("936", "gb18030"),
        ("GBK", "gb18030"),
        ("ANSI 936", "gb18030"),
        ("OEM 936", "gb18030"),
        ("cp936", "gb18030"),
        ("GB 2312", "gb18030"),
        ("EUC-CN", "gb18030"),
        ("65001", "utf-8"),
        ("UTF8", "utf-8"),
        ("utf-8\r\n", "utf-8"),
        ("\ufeffUTF-8", "utf-8"),
        ("Big-5", "cp950"),
        ("950", "cp950"),
        ("1252", "cp1252"),
        ("ANSI 1251", "cp1251"),
        ("Windows-1251", "cp1251"),
        ("88591", "iso8859-1"),
        ("ISO 8859-15", "iso8859-15"),
        ("Shift_JIS", "cp932"),
        ("1250", "cp1250"),
        ("", None),
        ("<!DOCTYPE html>", None),
        ("SYSTEM", None),
        ("hex", None),
        ("rot13", None),
        ("unicode_escape", None),
        ("UTF-7", None),
        ("037", None),
        ("x" * 200, None),
    ],
)
def test_names_as_programs_write_them(name: str, codec: str | None) -> None:
    assert codec_named(name) == codec


@pytest.mark.parametrize(
    ("cpg", "language", "code", "codec"),
    [
        (b"GBK", 0, "encoding-by-cpg", "gb18030"),
        (b"936", 0, "encoding-by-cpg", "gb18030"),
        (None, 0x4D, "encoding-by-language-byte", "gb18030"),
        (None, 0, "encoding-by-bytes", "gb18030"),
        (b"UTF-8", 0, "encoding-by-bytes", "gb18030"),
        (None, 0x57, "encoding-by-bytes", "gb18030"),
    ],
)
def test_chinese_in_gbk_is_found_whatever_is_said(cpg: bytes | None, language: int, code: str, codec: str) -> None:
    decision = for_fields(CHINESE, given=None, cpg=cpg, language_byte=language)
    assert (decision.codec, decision.found.code) == (codec, code)


@pytest.mark.parametrize("said", [b"BIG5", b"Shift_JIS", b"EUC-KR", b"1251", b"1250", b"866", b"1255", b"874", b"UTF-16", b"037", b"\xef\xbb\xbfBig5"])
def test_chinese_in_gbk_is_not_read_by_a_cpg_of_another_country(said: bytes) -> None:
    decision = for_fields(CHINESE, given=None, cpg=said, language_byte=0)
    assert decision.codec == "gb18030" and decision.notices


@pytest.mark.parametrize("language", [0x01, 0x13, 0x26, 0x4E, 0x4F, 0x65, 0x7B, 0x7D, 0xC9])
def test_chinese_in_gbk_is_not_read_by_a_wrong_language_byte(language: int) -> None:
    decision = for_fields(CHINESE, given=None, cpg=None, language_byte=language)
    assert (decision.codec, [one.code for one in decision.notices]) == ("gb18030", ["encoding-contradicted"])


@pytest.mark.parametrize(
    ("said", "codec", "words"),
    [
        (b"1251", "cp1251", ["Кириллица", "Область", "улица Ленина"]),
        (b"866", "cp866", ["Кириллица", "Область", "улица Ленина"]),
        (b"1250", "cp1250", ["Łódź", "Świętokrzyskie", "Žďár"]),
        (b"Shift_JIS", "cp932", ["東京タワー", "避難所", "小学校"]),
        (b"EUC-KR", "cp949", ["서울특별시", "대피소"]),
        (b"BIG5", "cp950", ["國語學校", "避難場所", "臺灣廣場"]),
        (b"GBK", "gb18030", ["镕垚", "祎喆", "旸昇"]),
    ],
)
def test_a_cpg_that_says_the_truth_of_another_country_is_believed(said: bytes, codec: str, words: list[str]) -> None:
    assert for_fields([(one.encode(codec), False) for one in words], given=None, cpg=said, language_byte=0).codec == codec


def test_big5_under_a_cpg_of_gbk_is_read_as_big5_aloud() -> None:
    decision = for_fields([(one.encode("big5"), False) for one in ("國語學校體育館", "臺灣廣場", "龍門鎮體育場")], given=None, cpg=b"GBK", language_byte=0)
    assert (decision.codec, [one.code for one in decision.notices]) == ("cp950", ["encoding-contradicted"])


def test_rare_names_alone_are_asked_about_and_never_read_as_japanese() -> None:
    with pytest.raises(Refused) as refused:
        for_fields([(one.encode("gbk"), False) for one in ("镕垚", "祎喆", "旸昇")], given=None, cpg=None, language_byte=0)
    assert refused.value.code == "encoding-unknown"


def test_a_cpg_that_says_gbk_of_utf8_text_is_overruled_aloud() -> None:
    utf8 = [("九原区体育馆避难所".encode(), False), ("沙河街道".encode(), False)]
    decision = for_fields(utf8, given=None, cpg=b"GBK", language_byte=0)
    assert decision.codec == "utf-8"
    assert [one.code for one in decision.notices] == ["encoding-contradicted"]


def test_big5_is_told_from_gbk_by_its_common_characters() -> None:
    values = [(one.encode("big5"), False) for one in ("內蒙古自治區包頭市", "應急避難場所", "消防救援大隊")]
    assert for_fields(values, given=None, cpg=None, language_byte=0).codec == "cp950"


@pytest.mark.parametrize("codec", ["gbk", "utf-8"])
def test_a_last_character_cut_by_the_field_is_dropped_and_no_other(codec: str) -> None:
    raw = "避难场所".encode(codec)[:-1]
    assert decode(raw, "gb18030" if codec == "gbk" else codec, full=True) == ("避难场", True)
    assert decode(raw, "gb18030" if codec == "gbk" else codec, full=False) == (None, False)


def test_noise_is_refused_with_what_was_tried() -> None:
    with pytest.raises(Refused) as refused:
        for_fields([(bytes([0x81, 0x20, 0xFF, 0xFE, 0x80]), False), (b"\xff\xff\x00\x81", False)], given=None, cpg=None, language_byte=0)
    assert refused.value.code == "encoding-unknown"


def test_a_given_encoding_that_does_not_fit_is_refused() -> None:
    with pytest.raises(Refused) as refused:
        for_fields(CHINESE, given="UTF-8", cpg=None, language_byte=0)
    assert refused.value.code == "encoding-does-not-fit"


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "gb18030", "big5"])
def test_a_text_file_comes_back_in_any_encoding(codec: str) -> None:
    text = (
        "name,lon,lat\n應急避難場所,109.8,40.6\n消防救援大隊,109.9,40.6\n"
        if codec == "big5"
        else "名称,经度,纬度\n九原区避难所,109.8,40.6\n"
    )
    assert for_text(text.encode(codec))[0] == text
