"""Plausible wrong answers, and what the reader is told about each."""

_PAIRS = (
    "i, j = torch.triu_indices(len(labels), len(labels), 1)\n"
    "    distance = torch.linalg.vector_norm(embeddings[i] - embeddings[j], dim=1)\n"
    "    push = (margin - distance).clamp(min=0)\n"
    "    like = labels[i] == labels[j]\n    "
)
_HARD = (
    "same = labels[:, None] == labels\n"
    "    others = same & ~torch.eye(len(labels), dtype=torch.bool)\n    "
)

WRONG = {
    "all_pairs": [
        (
            "distance = torch.linalg.vector_norm(embeddings[:, None] - embeddings, dim=-1)\n"
            "    push = (margin - distance).clamp(min=0)\n"
            "    like = labels[:, None] == labels\n"
            "    return (torch.where(like, distance**2, push**2) / 2).mean()",
            "no pair with itself",
        ),
        (
            _PAIRS + "return torch.where(like, distance**2 / 2, push).mean()",
            "*square* of what an unlike pair lacks",
        ),
        (
            _PAIRS + "return torch.where(like, distance**2, push**2).mean()",
            "costs 12.5",
        ),
        (
            "i, j = torch.triu_indices(len(labels), len(labels), 1)\n"
            "    distance = (embeddings[i] - embeddings[j]).square().sum(dim=1).sqrt()\n"
            "    push = (margin - distance).clamp(min=0)\n"
            "    like = labels[i] == labels[j]\n"
            "    return (torch.where(like, distance**2, push**2) / 2).mean()",
            "NaN: the slope of a root at 0",
        ),
        (
            "i, j = torch.triu_indices(len(labels), len(labels), 1)\n"
            "    gap = embeddings[i] - embeddings[j] + 1e-9\n"
            "    distance = torch.linalg.vector_norm(gap, dim=1)\n"
            "    push = (margin - distance).clamp(min=0)\n"
            "    like = labels[i] == labels[j]\n"
            "    return (torch.where(like, distance**2, push**2) / 2).mean()",
            "must not be moved",
        ),
    ],
    "fading": [
        ("return m - d**2, sp.Integer(0)", "factor 2d"),
        ("return 4 * d * (m - d**2), sp.sqrt(m / 3)", "do not forget the half"),
        ("return -2 * d * (m - d**2), sp.sqrt(m / 3)", "at least 0"),
        ("return 2 * d * (m - d**2), sp.sqrt(m)", "that of the loss"),
        ("return m - d, m / 2", "not the size of the gradient"),
    ],
    "angle": [
        (
            "return torch.acos(torch.nn.functional.cosine_similarity(a, b, dim=-1))",
            "the slope of acos at 1 is infinite",
        ),
        (
            "cosine = torch.nn.functional.cosine_similarity(a, b, dim=-1)\n"
            "    return torch.acos(cosine.clamp(-0.999, 0.999))",
            "near 0 or π",
        ),
        (
            "sine = torch.linalg.vector_norm(a - b, dim=-1)\n"
            "    return 2 * torch.atan2(sine, torch.linalg.vector_norm(a + b, dim=-1))",
            "does not depend on their lengths",
        ),
        (
            "a = a / torch.linalg.vector_norm(a, dim=-1, keepdim=True)\n"
            "    b = b / torch.linalg.vector_norm(b, dim=-1, keepdim=True)\n"
            "    sine = (a - b).square().sum(dim=-1).sqrt()\n"
            "    return 2 * torch.atan2(sine, (a + b).square().sum(dim=-1).sqrt())",
            "point the same way",
        ),
        (
            "a = a / torch.linalg.vector_norm(a, dim=-1, keepdim=True)\n"
            "    b = b / torch.linalg.vector_norm(b, dim=-1, keepdim=True)\n"
            "    sine = torch.linalg.vector_norm(a - b + 1e-12, dim=-1)\n"
            "    return 2 * torch.atan2(sine, torch.linalg.vector_norm(a + b, dim=-1))",
            "nothing should move",
        ),
    ],
    "notices": [
        (
            "every = {'contrastive', 'triplet', 'cosine'}\n"
            "    return {'shift': every, 'turn': every, 'double': {'cosine'},\n"
            "            'stretch': {'cosine'}}",
            "shift: cosine notices",
        ),
        (
            "return {'shift': {'contrastive', 'triplet'}, 'turn': {'contrastive', 'triplet'},\n"
            "            'double': {'cosine'}, 'stretch': {'cosine'}}",
            "turn: cosine does not notice",
        ),
        (
            "near = {'contrastive', 'triplet'}\n"
            "    return {'shift': near, 'turn': near | {'cosine'},\n"
            "            'double': {'cosine', 'triplet'}, 'stretch': {'cosine'}}",
            "double: triplet notices",
        ),
    ],
    "batch_hard": [
        (
            _HARD + "near = distances.masked_fill(~others, torch.inf).amin(1)\n"
            "    far = distances.masked_fill(same, torch.inf).amin(1)\n"
            "    return (margin + near - far).clamp(min=0).mean()",
            "the hardest is the farthest one",
        ),
        (
            _HARD + "near = distances.masked_fill(~others, -torch.inf).amax(1)\n"
            "    far = distances.masked_fill(same, -torch.inf).amax(1)\n"
            "    return (margin + near - far).clamp(min=0).mean()",
            "is the easiest",
        ),
        (
            _HARD + "near = distances.masked_fill(~others, -torch.inf).amax(1)\n"
            "    far = distances.masked_fill(same, torch.inf).amin(1)\n"
            "    return (margin + near - far).clamp(min=0).mean()",
            "divide by four",
        ),
        (
            "same = labels[:, None] == labels\n"
            "    near = (distances * same).amax(1)\n"
            "    far = distances.masked_fill(same, torch.inf).amin(1)\n"
            "    return (margin + near - far).clamp(min=0).mean()",
            "it is no anchor",
        ),
        (
            _HARD + "near = distances.masked_fill(~others, -torch.inf).amax(1)\n"
            "    far = distances.masked_fill(same, torch.inf).amin(1)\n"
            "    valid = others.any(1) & (~same).any(1)\n"
            "    return (margin + near - far)[valid].clamp(min=0).mean()",
            "no anchor has both",
        ),
    ],
    "probability": [
        (
            "return (distance / margin).clamp(max=1)",
            "of an *unlike* pair",
        ),
        (
            "return (1 - distance / margin).clamp(min=0)",
            "the weight is left out",
        ),
        (
            "distance = distance.clamp(max=margin)\n"
            "    return weight * (margin - distance) / (weight * (margin - distance) + distance)",
            "read backwards this gives",
        ),
        (
            "return (margin - distance) / (margin - distance + weight * distance)",
            "0, not less",
        ),
    ],
}
