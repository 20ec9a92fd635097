"""Asks a running service by OpenAI's own client, and by the reward functions that the book shows.

    python client.py URL KEY OPEN_URL BOOK_CHAPTER

The service at URL wants the key, the one at OPEN_URL none. Needs the packages `openai` and `requests`.
"""

import asyncio
import re
import sys

import openai

QUESTION = [{"role": "user", "content": "What is 2 + 3? (A) 4 (B) 5"}]


def answers_in_whole(client):
    answer = client.chat.completions.create(
        model="best-of-4", messages=QUESTION, seed=7, extra_body={"touchstone": {"candidates": True}}
    )
    candidates = answer.touchstone["candidates"]
    assert len(candidates) == 4, answer
    best = max(candidates, key=lambda candidate: candidate["value"])
    assert answer.choices[0].message.content == best["text"], answer
    assert answer.usage.completion_tokens > 10 and answer.choices[0].finish_reason in ("stop", "length")
    again = client.chat.completions.create(model="best-of-4", messages=QUESTION, seed=7)
    assert again.choices[0].message.content == answer.choices[0].message.content
    other = client.chat.completions.create(
        model="best-of-4", messages=QUESTION, seed=8, extra_body={"touchstone": {"candidates": True}}
    )
    assert [one["text"] for one in other.touchstone["candidates"]] != [one["text"] for one in candidates]
    return answer.choices[0].message.content


def answers_in_parts(client, whole):
    parts, usage = [], None
    stream = client.chat.completions.create(
        model="best-of-4", messages=QUESTION, seed=7, stream=True, stream_options={"include_usage": True}
    )
    for chunk in stream:
        parts += [choice.delta.content or "" for choice in chunk.choices]
        usage = chunk.usage or usage
    assert "".join(parts) == whole, parts
    assert usage.completion_tokens > 10


def every_strategy_answers(client):
    for model in ["weighted-vote-of-4", "majority-vote-of-4", "beam-search"]:
        answer = client.chat.completions.create(model=model, messages=QUESTION, max_tokens=40, temperature=0.9, top_p=0.95)
        assert answer.model == model and answer.touchstone["reason"], answer


def models_are_listed(client):
    kinds = {model.id: model.kind for model in client.models.list()}
    assert kinds["best-of-4"] == "solver" and kinds["dPRM"] == "verifier", kinds
    assert client.models.retrieve("dPRM").owned_by == "touchstone"


def raises(kind, parameter, call):
    try:
        call()
    except kind as error:
        assert error.param == parameter, (error, error.param)
        return
    raise AssertionError(f"{kind} was not raised")


def errors_are_the_clients_own(client, url):
    ask = client.chat.completions.create
    raises(openai.NotFoundError, "model", lambda: ask(model="gpt", messages=QUESTION))
    raises(openai.BadRequestError, "n", lambda: ask(model="best-of-4", messages=QUESTION, n=2))
    tools = [{"type": "function", "function": {"name": "add"}}]
    raises(openai.BadRequestError, "tools", lambda: ask(model="best-of-4", messages=QUESTION, tools=tools))
    stranger = openai.OpenAI(base_url=url, api_key="another", max_retries=0)
    raises(openai.AuthenticationError, None, lambda: stranger.models.list())


async def many_at_once(url, key):
    async with openai.AsyncOpenAI(base_url=url, api_key=key, max_retries=0) as client:

        async def ask(seed):
            answer = await client.chat.completions.create(model="best-of-4", messages=QUESTION, seed=seed, max_tokens=30)
            return answer.choices[0].message.content

        alone = [await ask(seed) for seed in range(6)]
        together = await asyncio.gather(*(ask(seed % 6) for seed in range(24)))
        assert together == alone * 4


def the_books_functions_give_values(url, chapter):
    text = open(chapter, encoding="utf-8").read()
    functions = re.findall(r"```python\n(.*?)```", text, flags=re.S)
    scope = {}
    for function in functions:
        if "def " in function:
            exec(function.replace("http://127.0.0.1:8000", url), scope)
    prompts = ["What is 2 + 3? (A) 4 (B) 5"] * 3 + ["What is 1 + 1? (A) 2 (B) 3"]
    completions = ["2 + 3 = 5\n\nThe answer is (B).", "It is 4.\n\nThe answer is (A).", "", "The answer is (A)."]
    values = scope["reward"](prompts=prompts, completions=completions, answer=["B", "B", "B", "A"])
    assert len(values) == 4 and all(0 <= value <= 1 for value in values), values
    assert values[2] == 0.5 and values[0] != values[1], values
    for prompt, completion, value in zip(prompts, completions, values):
        assert scope["compute_score"]("set", completion, "B", {"question": prompt}) == value


def main():
    url, key, open_url, chapter = sys.argv[1:]
    client = openai.OpenAI(base_url=f"{url}/v1", api_key=key, max_retries=0)
    whole = answers_in_whole(client)
    answers_in_parts(client, whole)
    every_strategy_answers(client)
    models_are_listed(client)
    errors_are_the_clients_own(client, f"{url}/v1")
    asyncio.run(many_at_once(f"{url}/v1", key))
    the_books_functions_give_values(open_url, chapter)


main()
