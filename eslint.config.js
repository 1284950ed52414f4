// Rules for our own modules; what is copied from npm is not ours to check.
import globals from "globals";

export default [
  { ignores: ["app/static/vendor/**", "app/static/packed/**", "node_modules/**", ".venv/**"] },
  {
    files: ["app/static/js/**/*.js"],
    languageOptions: { ecmaVersion: 2023, sourceType: "module", globals: { ...globals.browser, L: "readonly" } },
    rules: {
      "no-undef": "error", "no-unused-vars": "error", "prefer-const": "error", "no-var": "error", eqeqeq: ["error", "smart"],
      "no-eval": "error", "no-implied-eval": "error", "no-new-func": "error", "no-shadow-restricted-names": "error",
      "no-duplicate-imports": "error", "no-unreachable": "error", "no-fallthrough": "error", "no-dupe-keys": "error",
      "no-restricted-properties": [
        "error",
        { property: "innerHTML", message: "text goes in with textContent" },
        { property: "outerHTML", message: "text goes in with textContent" },
        { property: "insertAdjacentHTML", message: "text goes in with textContent" },
      ],
    },
  },
  { files: ["scripts/**/*.mjs"], languageOptions: { ecmaVersion: 2023, sourceType: "module", globals: globals.node } },
];
