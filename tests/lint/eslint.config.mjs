// Scripts: the language of Chromium 86 (ES2021) and nothing of the browser that came later.
import js from "@eslint/js";
import compat from "eslint-plugin-compat";
import globals from "globals";

export default [
  js.configs.recommended,
  compat.configs["flat/recommended"],
  {
    languageOptions: { ecmaVersion: 2021, sourceType: "module", globals: globals.browser },
    rules: { "no-unused-vars": "error" },
  },
];
