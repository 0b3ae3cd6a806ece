"""What others would do: the same bugs under a hand-written state machine, simloom and simloop.

    python -m benchmarks.baseline --jobs 2

`outside`, `broker` and `expectations` are what any test of this saga needs, and all three rivals
share them. `handwritten` is the machine that one writes from Hypothesis's documentation; `services`
runs the saga as asyncio services, `on_simloom` and `on_simloop` explore it. Of the kit, none of
these uses more than the targets. `with_the_kit` is the kit's own search, `measuring` and `table`
put them side by side.
"""
