"""Uses the public OpenAI SDK for Python against the gateway, as any program would. Prints what it saw as JSON."""

import json
import os

import openai

client = openai.OpenAI(base_url=os.environ["GATEWAY_URL"] + "/v1", api_key=os.environ["GATEWAY_KEY"], max_retries=0)
messages = [{"role": "user", "content": "Hi"}]

answer = client.chat.completions.create(model="auto", messages=messages)
tokens = [
    chunk.choices[0].delta.content or ""
    for chunk in client.chat.completions.create(model="auto", messages=messages, stream=True)
]
completion = client.completions.create(model="large", prompt="Once")
errors = []
for kwargs in ({"model": "none"}, {"model": "auto", "extra_headers": {"Authorization": "Bearer wrong"}}):
    try:
        client.chat.completions.create(messages=messages, **kwargs)
    except openai.APIStatusError as error:
        errors.append([type(error).__name__, error.status_code, error.code])

print(
    json.dumps(
        {
            "text": answer.choices[0].message.content,
            "tokens": tokens,
            "completion": completion.choices[0].text,
            "models": [model.id for model in client.models.list()],
            "errors": errors,
        }
    )
)
