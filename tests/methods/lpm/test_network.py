"""The network against PyTorch's own modules, put together as the publication says."""

import math
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from perturb_evals.methods.lpm.vocabulary import Vocabulary
from perturb_evals.methods.triples import Triples

torch = pytest.importorskip("torch", reason="PyTorch is not installed: make test-lpm runs this")
pytest.importorskip("safetensors", reason="safetensors is not installed: make test-lpm runs this")

from perturb_evals.methods.lpm.ensemble import Training  # noqa: E402
from perturb_evals.methods.lpm.network import (  # noqa: E402
    first_weights,
    on_device,
    outputs,
    predictions,
)
from perturb_evals.methods.lpm.training import epoch_seeds  # noqa: E402

CPU = torch.device("cpu")


class Published(torch.nn.Module):
    """Embeddings and a perceptron by modules; a perturbation is averaged row by row."""

    def __init__(self, vocabulary, settings, weights):
        super().__init__()
        self.vocabulary = vocabulary
        for kind, names in vars(vocabulary).items():
            setattr(self, kind, torch.nn.Embedding(len(names), settings.embedding))
        layers = []
        for inputs, outs in pairwise((3 * settings.embedding, *settings.hidden, 1)):
            layers += [torch.nn.Linear(inputs, outs), torch.nn.ReLU()]
        self.layers = torch.nn.Sequential(*layers[:-1])
        with torch.no_grad():
            for kind in vars(vocabulary):
                getattr(self, kind).weight.copy_(weights[kind])
            for layer, linear in enumerate(self.layers[::2]):
                linear.weight.copy_(weights[f"linear{layer}"])
                linear.bias.copy_(weights[f"bias{layer}"])

    def forward(self, rows: pd.DataFrame):
        def at(kind, name):
            place = torch.tensor(getattr(self.vocabulary, kind).index(name))
            return getattr(self, kind)(place)

        joined = [
            torch.cat(
                [
                    at("contexts", row.context),
                    torch.stack([at("parts", p) for p in row.perturbation.split("+")]).mean(0),
                    at("readouts", row.readout),
                ]
            )
            for row in rows.itertuples()
        ]
        return self.layers(torch.stack(joined))[:, 0]


@pytest.mark.parametrize("joint", [True, False])
def test_outputs_are_those_of_the_modules(table, rows, small, joint: bool):
    known, settings = Vocabulary.of(rows), small()
    some = table[joint | ~table["perturbation"].str.contains("+", regex=False)]
    weights = first_weights(known, settings, seed=3)
    encoded = on_device(known.places(some), CPU)
    assert (encoded.parts is not None) == joint
    expected = Published(known, settings, weights)(some).detach().numpy()
    np.testing.assert_allclose(outputs(weights, encoded).numpy(), expected, atol=1e-6)
    np.testing.assert_allclose(predictions(weights, encoded), expected, atol=1e-6)


def test_training_is_adamw_with_exponential_decay_by_epoch(table, small):
    """Two epochs with PyTorch's optimizer and scheduler, batch by batch, from the same start."""
    table = table.iloc[::5].reset_index(drop=True)
    rows = Triples.of(table)
    settings = small(epochs=2, batch=30, seeds=(5,), decay=0.5)
    known = Vocabulary.of(rows)
    module = Published(known, settings, first_weights(known, settings, 5))
    optimizer = torch.optim.AdamW(module.parameters(), lr=settings.learning_rate)
    scheduler = torch.optim.lr_scheduler.ExponentialLR(optimizer, gamma=settings.decay)
    for epoch in range(2):
        order, _ = epoch_seeds(5, epoch)
        shuffled = torch.randperm(len(table), generator=torch.Generator().manual_seed(order))
        for batch in shuffled.split(settings.batch):
            some = table.iloc[batch.numpy()]
            loss = ((module(some) - torch.tensor(some["value"].to_numpy())) ** 2).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        scheduler.step()
    model = Training(rows, settings).run()
    # Processors that multiply short factors faster round them.
    np.testing.assert_allclose(model.predict(table), module(table).detach().numpy(), atol=0.02)


def test_weights_start_as_published(small):
    known = Vocabulary(("c",), tuple(map(str, range(2_000))), ("r",))
    weights = first_weights(known, small(embedding=32, hidden=(300, 200)), seed=0)
    assert weights["parts"].mean().abs() < 0.02
    assert abs(weights["parts"].std() - 1) < 0.02
    for layer, (inputs, outs) in enumerate(pairwise((96, 300, 200, 1))):
        xavier = torch.empty(outs, inputs)
        torch.nn.init.xavier_uniform_(xavier, gain=torch.nn.init.calculate_gain("relu"))
        for name, most in (
            (f"linear{layer}", math.sqrt(12 / (inputs + outs))),
            (f"bias{layer}", 1 / math.sqrt(inputs)),
        ):
            assert weights[name].abs().max() <= most
            if weights[name].numel() > 100:
                assert weights[name].abs().max() > 0.95 * most
        if layer < 2:
            assert abs(weights[f"linear{layer}"].std() / xavier.std() - 1) < 0.05


def test_dropout_leaves_units_out_and_keeps_their_mean(rows, small):
    settings = small(hidden=(4_000,))
    known = Vocabulary.of(rows)
    weights = first_weights(known, settings, 0)
    weights["linear1"] = torch.full_like(weights["linear1"], 1 / 4_000)
    encoded = on_device(known.places_of(rows), CPU)
    whole = outputs(weights, encoded)
    drawn = [
        outputs(weights, encoded, 0.3, torch.Generator().manual_seed(seed)) for seed in (1, 1, 2)
    ]
    assert torch.equal(drawn[0], drawn[1])
    assert not torch.equal(drawn[0], drawn[2])
    assert not torch.equal(drawn[0], whole)
    assert (drawn[0] / whole - 1).abs().max() < 0.15
