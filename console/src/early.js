// SPDX-License-Identifier: Apache-2.0
// Before the first paint, so that the page does not flash in the other colours.
try {
  var theme = localStorage.getItem('custody.theme');
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
} catch (refused) {}
