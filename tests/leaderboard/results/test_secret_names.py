"""Which names of arguments are those of secrets, at any depth, and which only look like it."""

import inspect

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perturb_evals import _registry
from perturb_evals.leaderboard.results.secret_names import without_secrets

SECRETS = (
    *("api_key", "OPENAI_API_KEY", "apikey", "apiKey", "APIKey", "myAPIkey", "openaiapikey"),
    *("x-api-key", "api.key", "API_KEY2", "key", "keys", "keyfile", "private_key_path", "sshkey"),
    *("AWS_SECRET_ACCESS_KEY", "accesskey", "client_secret", "clientSecret", "secrets"),
    *("token", "tokens", "hf_token", "HFToken", "GITHUB_TOKEN", "authToken", "authtoken"),
    *("refreshToken", "access.token", "id_token", "session_token", "jwt", "bearer", "bearerToken"),
    *(
        "password",
        "PASSWORD",
        "dbPassword",
        "userpasswd",
        "passphrase",
        "pwd",
        "auth",
        "basic_auth",
    ),
    *("oauth2_token", "Authorization", "proxy-authorization", "headers", "default_headers"),
    *("extraHeaders", "header", "cookie", "cookies", "Set-Cookie", "credentials", "gcp_creds"),
    *("google_application_credentials", "azure_credential", "organization", "organisation_id"),
    *("org", "orgId", "OrgID", "project", "projectId", "aws_account", "account_id"),
)
OPEN = (
    *("keyword", "keywords", "monkey", "turkeys", "hockey", "keystone", "author", "authors"),
    *("authority", "tokenizer", "tokenizer_path", "tokenize", "detokenized", "n_header", "n_keys"),
    *("nTokens", "num_tokens", "projection", "projected", "organ", "organoid", "organism"),
    *("accounting", "accountant", "secretion", "secretome", "cookbook", "bearing", "passes"),
    *("temperature", "file", "k", "thinking", "enable_thinking", "chat_template_kwargs"),
)
NUMBERS = ("max_tokens", "reasoning_tokens", "max_tokens_per_turn", "token_limit", "token_budget")


@pytest.mark.each("name", SECRETS)
@pytest.mark.each("value", ["LEAK", ["LEAK"], {"x": "LEAK"}, 1234])
def test_what_is_named_like_a_secret_goes_at_any_depth(name: str, value: object) -> None:
    if value == 1234 and name in ("tokens", "header", "headers", "extraHeaders", "default_headers"):
        return  # a number of them
    arguments = {name: value, "deep": [{"er": {name: value, "k": 1}}]}
    assert without_secrets(arguments) == {"deep": [{"er": {"k": 1}}]}


@pytest.mark.each("name", OPEN)
@pytest.mark.each("value", ["x", 5, ["x"], {"x": 1}])
def test_what_only_looks_like_one_stays(name: str, value: object) -> None:
    assert without_secrets({name: value, "deep": [{name: value}]}) == {
        name: value,
        "deep": [{name: value}],
    }


@pytest.mark.parametrize("name", NUMBERS)
def test_a_number_of_tokens_is_none_and_text_of_that_name_is(name: str) -> None:
    assert without_secrets({name: 100}) == {name: 100}
    assert without_secrets({name: "LEAK"}) == {}


@pytest.mark.each("name", SECRETS)
def test_a_switch_is_none(name: str) -> None:
    assert without_secrets({name: True, f"use_{name}": False}) == {name: True, f"use_{name}": False}
    assert without_secrets({name: None}) == {name: None}


@given(
    secret=st.sampled_from(SECRETS),
    other=st.sampled_from(OPEN),
    joint=st.sampled_from(["_", "-", ".", " ", "__"]),
    change=st.sampled_from([str, str.upper, str.capitalize]),
    first=st.booleans(),
)
def test_a_secret_within_a_longer_name_goes(secret, other, joint, change, first) -> None:
    if first and other in ("n_header", "n_keys", "nTokens", "num_tokens"):
        return
    name = joint.join([other, change(secret)] if first else [change(secret), other])
    if change is not str and secret in ("APIKey", "myAPIkey", "HFToken", "OrgID"):
        return  # its capitals are what splits it
    assert without_secrets({name: "LEAK"}) == {}


@pytest.mark.each(
    ("text", "shown"),
    [
        ("https://u:p@host/v1?key=1#LEAK", "https://host/v1"),
        ("https://host:8000/v1", "https://host:8000/v1"),
        ("see https://u:p@a/v1?key=1 and\nhttp://u@b/ ?", "see https://a/v1 and\nhttp://b/ ?"),
        ("Is it up? https://host/a.\nAnswer # 1?", "Is it up? https://host/a.\nAnswer # 1?"),
        ("http://[::1", "http://[::1"),
        ("me@host", "me@host"),
        ("s3://bucket/file.csv", "s3://bucket/file.csv"),
    ],
)
def test_urls_lose_user_password_and_query_and_texts_nothing_else(text: str, shown: str) -> None:
    assert without_secrets({"a": [text]}) == {"a": [shown]}


def test_no_argument_of_this_package_is_named_like_a_secret() -> None:
    for function in (*_registry.TASKS, *_registry.SOLVERS):
        # A number of tokens is no secret; what is no number by default may be anything.
        names = {
            name: own.default if type(own.default) in (int, float) else "x"
            for name, own in inspect.signature(function).parameters.items()
        }
        assert without_secrets(names) == names


@given(
    st.recursive(
        st.just("LEAK"),
        lambda inner: (
            st.lists(inner, max_size=2)
            | st.dictionaries(st.sampled_from(SECRETS + OPEN), inner, max_size=3)
        ),
    )
)
def test_no_secret_name_is_left_anywhere(value: object) -> None:
    text = repr(without_secrets({"a": value}))
    assert not any(repr(name) in text for name in SECRETS)
