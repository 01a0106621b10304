from perturb_evals.datasets.genes.ncbi import human_aliases
from perturb_evals.models.renamed import _OTHER, other_symbol


def test_pairs_lead_both_ways() -> None:
    assert other_symbol("AARS1") == "AARS"
    assert other_symbol("AARS") == "AARS1"
    assert other_symbol("PSMA1") is None
    assert other_symbol("") is None
    assert all(_OTHER[other] == symbol for symbol, other in _OTHER.items())


def test_ncbi_knows_every_pair_as_one_gene(real_data: object) -> None:
    aliases = human_aliases()
    for symbol, other in _OTHER.items():
        assert set(aliases.gene_ids(symbol)) & set(aliases.gene_ids(other)), symbol
        assert aliases.is_current(symbol) != aliases.is_current(other), symbol
