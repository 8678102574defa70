// Before the first paint, so that a chosen theme does not flash; without a choice the system's is taken.
{
  const theme = localStorage.getItem("theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
}
