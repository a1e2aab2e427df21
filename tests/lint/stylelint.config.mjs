// Styles: nothing that Chromium 86 would drop, but for what only adds to what works without it.
export default {
  plugins: ["stylelint-no-unsupported-browser-features"],
  rules: {
    "plugin/no-unsupported-browser-features": [
      true,
      {
        browsers: ["chrome 86"],
        // accent-color: a checkbox keeps the browser's own colour where it is unknown.
        // css-not-sel-list is found at every :not(); the rule below tells the lists from the rest.
        ignore: ["css-accent-color", "css-not-sel-list"],
        ignorePartialSupport: true,
      },
    ],
    "selector-not-notation": "simple",
    // What came later and the tables of features do not tell apart.
    "at-rule-disallowed-list": ["container", "layer", "scope", "starting-style", "view-transition"],
    "function-disallowed-list": ["color-mix", "lab", "lch", "oklab", "oklch", "hwb", "light-dark", "color"],
    "property-disallowed-list": [
      "/^inset/",
      "aspect-ratio",
      "translate",
      "rotate",
      "scale",
      "content-visibility",
      "scrollbar-gutter",
      "text-wrap",
      "/^container/",
    ],
    "selector-pseudo-class-disallowed-list": ["has", "is", "where", "user-valid", "user-invalid", "popover-open"],
    "selector-nested-pattern": ["^$", { message: "rules do not stand within rules" }],
    "unit-disallowed-list": ["dvh", "dvw", "svh", "svw", "lvh", "lvw", "cqw", "cqh", "lh", "rlh"],
  },
};
