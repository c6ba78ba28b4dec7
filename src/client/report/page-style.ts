/** The style of the report page: follows the reader's choice of dark or light, and prints in black on white. */
export const PAGE_STYLE = `
:root {
  color-scheme: light dark;
  --back: light-dark(#ffffff, #14171c); --card: light-dark(#f5f6f8, #1d2127); --line: light-dark(#d8dce2, #363c46);
  --text: light-dark(#1b1f24, #e3e7ec); --quiet: light-dark(#5a6472, #9aa5b4); --link: light-dark(#0b5cc0, #7db4ff);
  --blue: light-dark(#2f6fc4, #5b9bea); --orange: light-dark(#d9480f, #ff8a4c); --green: light-dark(#2b7a3d, #56b36b);
  --amber: light-dark(#a86200, #e0a33a); --red: light-dark(#c0262d, #f2727a); --grey: light-dark(#9aa3ae, #68727f);
}
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 1080px; padding: 24px 20px 60px; background: var(--back); color: var(--text);
  font: 15px/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
h1 { font-size: 22px; line-height: 1.3; margin: 0 0 4px; }
h2 { font-size: 17px; margin: 34px 0 8px; border-bottom: 1px solid var(--line); padding-bottom: 4px; }
p { margin: 6px 0; }
a { color: var(--link); }
code, pre, td.mono { font: 13px/1.45 ui-monospace, 'Cascadia Mono', Menlo, Consolas, monospace; }
pre { white-space: pre-wrap; background: var(--card); border: 1px solid var(--line); border-radius: 4px; padding: 8px 10px; }
.quiet, .value, .tick { color: var(--quiet); }
.state { display: inline-block; border-radius: 4px; padding: 1px 9px; color: var(--back); font-weight: 600; background: var(--grey); }
.state.done { background: var(--green); } .state.running { background: var(--blue); }
.state.quarantined, .state.held, .state.paused, .state.awaiting-approval, .state.frozen { background: var(--amber); }
.state.failed, .state.terminated, .state.canceled, .state.timed_out { background: var(--red); }
dl.facts { display: grid; grid-template-columns: max-content 1fr; gap: 2px 16px; margin: 12px 0; }
dl.facts dt { color: var(--quiet); } dl.facts dd { margin: 0; }
.tiles { display: flex; flex-wrap: wrap; gap: 8px; margin: 10px 0; padding: 0; list-style: none; }
.tiles li { background: var(--card); border: 1px solid var(--line); border-radius: 4px; padding: 5px 14px; }
.tiles b { display: block; font-size: 19px; line-height: 1.25; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; margin: 8px 0; font-size: 13.5px; }
th, td { text-align: left; vertical-align: top; padding: 4px 10px 4px 0; border-bottom: 1px solid var(--line); }
th { color: var(--quiet); font-weight: 600; } td.number, th.number { text-align: right; white-space: nowrap; }
svg.chart { display: block; width: 100%; min-width: 640px; height: auto; margin: 8px 0; font: 12px system-ui, sans-serif; }
svg text { fill: var(--text); } svg text.value, svg text.tick { fill: var(--quiet); font-size: 11px; }
svg text.tick { text-anchor: middle; } svg .grid { stroke: var(--line); stroke-dasharray: 2 3; } svg .floor { stroke: var(--line); }
svg .phase { fill: var(--grey); } svg .phase.done { fill: var(--green); } svg .phase.running { fill: var(--blue); }
svg .phase.held, svg .phase.waiting { fill: var(--amber); } svg .phase.failed { fill: var(--red); }
svg .requests, .key.requests { fill: var(--blue); background: var(--blue); }
svg .throttled, .key.throttled { fill: var(--orange); background: var(--orange); }
.key { display: inline-block; width: 10px; height: 10px; margin: 0 4px 0 12px; border-radius: 2px; }
footer { margin-top: 40px; color: var(--quiet); font-size: 13px; }
@media print {
  :root { color-scheme: light; }
  @page { margin: 14mm; }
  body { max-width: none; padding: 0; font-size: 10.5pt; }
  table { font-size: 8.5pt; } h2 { break-after: avoid; } tr, svg, li { break-inside: avoid; } thead { display: table-header-group; }
  .state, svg, .key { print-color-adjust: exact; } svg.chart { min-width: 0; } .scroll { overflow: visible; }
}
`;
