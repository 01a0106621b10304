import pytest
from hypothesis import given
from hypothesis import strategies as st

from perturb_evals.scorers.reading.undecoded import decoded

BYTES = st.integers(0, 255).map(lambda byte: f"<0x{byte:02X}>")


@given(text=st.lists(BYTES | st.sampled_from("\u0120\u010aA. ") | st.text(max_size=4)).map("".join))
def test_the_length_stays(text):
    assert len(decoded(text)) == len(text)


@pytest.mark.each(
    ("text", "said"),
    [
        ("a<0x0A>b", "a\n     b"),
        ("a<0x0a><0x0A>b", "a\n\n          b"),
        ("a<0xC3><0xA9>b", "a\u00e9           b"),
        ("a<0xC3>b", "a      b"),
        ("a\u0120b\u010ac", "a b\nc"),
        ("\u0120No", " No"),
        ("Ra\u0121el of \u0120gantija said no", "Ra\u0121el of \u0120gantija said no"),  # Maltese
    ],
)
def test_bytes_and_blanks_are_what_they_stand_for(text, said):
    assert decoded(text) == said
