/** Addresses (parts of them) at which a request starts a deployment, and hosts that only pass messages on. */

export const deployHooks: readonly string[] = [
  "api.render.com/deploy",
  "api.render.com/v1/services",
  "api.vercel.com/v1/integrations/deploy",
  "api.netlify.com/build_hooks",
  "api.heroku.com/apps",
  "/deploy-hook",
  "/deploy_hook",
  "/hooks/deploy",
  "/webhooks/deploy",
  "webhooks.amplify.",
  "api.cloudflare.com/client/v4/pages/webhooks/deploy_hooks",
  "/deploy?",
  "portainer",
  "/v2/app/deploy",
];

export const messageHosts: readonly string[] = [
  "hooks.slack.com",
  "slack.com/api",
  "discord.com/api/webhooks",
  "discordapp.com/api/webhooks",
  "api.telegram.org",
  "webhook.office.com",
  "chat.googleapis.com",
  "api.pushover.net",
  "ntfy.sh",
  "api.mailgun.net",
  "api.sendgrid.com",
  "events.pagerduty.com",
  "api.opsgenie.com",
  "hc-ping.com",
];

/** Hosts that are told how tests went, or what was built: nobody's deployment. */
export const reportHosts =
  /codecov|coveralls|codacy|codeclimate|sonar|sentry\.io|datadog|honeycomb|newrelic|grafana|elastic|snyk|deepsource|buildpulse|testmo|browserstack|saucelabs|dependency-?track|defectdojo|statuspage|healthchecks|uptime|webhook\.site|atlassian\.net|linear\.app|notion/i;
