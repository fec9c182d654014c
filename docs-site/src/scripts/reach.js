// What scrolls sideways can be reached with the keyboard; blocks of code are no landmarks, of which a page would have dozens.
const reach = () => {
  for (const table of document.querySelectorAll('.sl-markdown-content table, figure.diagram')) {
    if (table.scrollWidth > table.clientWidth) table.tabIndex = 0;
    else table.removeAttribute('tabindex');
  }
  for (const code of document.querySelectorAll('pre[role="region"]')) code.removeAttribute('role');
};
addEventListener('DOMContentLoaded', () => {
  reach();
  new MutationObserver(reach).observe(document.body, { subtree: true, attributeFilter: ['role'] });
  addEventListener('resize', reach);
});
