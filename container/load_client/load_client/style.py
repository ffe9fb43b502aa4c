"""The page's style: both themes, and paper."""

STYLE = """
:root { color-scheme: light dark; --ink: #1b2430; --soft: #5b6776; --line: #d8dee6; --paper: #fff;
  --card: #f6f8fa; --bad: #c2261b; --k0: #1f6feb; --k1: #d9730d; --k2: #1a8754; --k3: #8250df;
  --k4: #b5304c; --k5: #0e7c86; --k6: #7a6a00; --k7: #57606a; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6ebf1; --soft: #9aa7b6; --line: #333d49;
  --paper: #12171d; --card: #1a2129; --bad: #ff7b72; --k0: #6cb0ff; --k1: #ffa657; --k2: #56d399;
  --k3: #c5a3ff; --k4: #ff8fa3; --k5: #5fd4de; --k6: #e3cf57; --k7: #aab4bf; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 2.2rem 1.5rem 3rem; max-width: 1120px; background: var(--paper);
  color: var(--ink); font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
h1 { font-size: 1.7rem; line-height: 1.25; margin: 0 0 .3rem; }
h2 { font-size: 1.15rem; margin: 2.4rem 0 .4rem; }
h3 { font-size: .95rem; margin: 1rem 0 .2rem; font-weight: 600; }
p { margin: .3rem 0 .7rem; max-width: 75ch; } .soft { color: var(--soft); }
.finding { font-size: 1.1rem; border-left: 4px solid var(--k0); padding: .3rem 0 .3rem .9rem; }
.warning { border-left: 4px solid var(--bad); padding: .2rem 0 .2rem .9rem; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: .85rem; margin: .4rem 0 1rem;
  font-variant-numeric: tabular-nums; }
th, td { padding: .34rem .55rem; border-bottom: 1px solid var(--line); text-align: left;
  white-space: nowrap; } td.wrap { white-space: normal; }
th { color: var(--soft); font-weight: 600; vertical-align: bottom; }
th.n, td.n { text-align: right; }
.pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(400px, 1fr)); gap: 0 1.4rem; }
figure { margin: .4rem 0 1rem; } figcaption { font-size: .85rem; color: var(--soft); }
.key { display: flex; flex-wrap: wrap; gap: .2rem 1.2rem; font-size: .88rem; margin: .3rem 0; }
.key i { display: inline-block; width: .8rem; height: .8rem; border-radius: 2px;
  margin-right: .4rem; vertical-align: -1px; background: var(--k); }
svg { width: 100%; height: auto; display: block; font-size: 12px; }
svg text { fill: var(--ink); } svg text.title, svg text.note { fill: var(--soft); }
.grid { stroke: var(--line); } .axis { stroke: var(--soft); }
.line { fill: none; stroke: var(--k); stroke-width: 2; stroke-linejoin: round; }
.line.dashed { stroke-dasharray: 5 4; stroke-width: 1.5; } .line.thin { stroke-width: 1; }
.dot { fill: var(--k); } .bar { fill: var(--k); }
.area { fill: var(--k); fill-opacity: .28; stroke: var(--k); stroke-width: 1.2; }
.marker { stroke: var(--k); stroke-dasharray: 2 3; stroke-width: 1.4; }
.failure { stroke: var(--bad); stroke-width: 2; }
.c0 { --k: var(--k0); } .c1 { --k: var(--k1); } .c2 { --k: var(--k2); } .c3 { --k: var(--k3); }
.c4 { --k: var(--k4); } .c5 { --k: var(--k5); } .c6 { --k: var(--k6); } .c7 { --k: var(--k7); }
@page { margin: 14mm; }
@media print { :root { color-scheme: light; --ink: #000; --soft: #444; --line: #ccc; --paper: #fff;
    --card: #fff; --bad: #a00; --k0: #1f6feb; --k1: #d9730d; --k2: #1a8754; --k3: #8250df;
    --k4: #b5304c; --k5: #0e7c86; --k6: #7a6a00; --k7: #57606a; }
  body { max-width: none; padding: 0; font-size: 11px; }
  h2 { break-after: avoid; } figure, table, .finding { break-inside: avoid; }
  .bar, .key i, .area, .dot { print-color-adjust: exact; -webkit-print-color-adjust: exact; } }
"""
