import js from '@eslint/js'
import { defineConfig, globalIgnores } from 'eslint/config'
import tseslint from 'typescript-eslint'

export default defineConfig(
  globalIgnores(['dist/', 'coverage/', '.reports/', '.screenshots/']),
  js.configs.recommended,
  tseslint.configs.recommendedTypeChecked,
  {
    languageOptions: {
      parserOptions: {
        projectService: { allowDefaultProject: ['eslint.config.mjs'] },
        tsconfigRootDir: import.meta.dirname,
      },
    },
    rules: {
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      'max-lines': ['error', 200],
      'max-lines-per-function': ['error', { max: 40, skipBlankLines: true, skipComments: true }],
      'max-params': ['error', 3],
    },
  },
  {
    // A describe block is a function to the linter, and a supertest body is `any`.
    files: ['test/**/*.ts', 'example-app/test/**/*.ts', 'dev-mongo/test/**/*.ts'],
    rules: {
      'max-lines': 'off',
      'max-lines-per-function': 'off',
      'max-params': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      '@typescript-eslint/restrict-template-expressions': 'off',
    },
  },
  {
    files: ['.dependency-cruiser.cjs'],
    languageOptions: { globals: { module: true } },
  },
  {
    files: ['**/*.mjs', '**/*.cjs', '**/*.js'],
    extends: [tseslint.configs.disableTypeChecked],
    languageOptions: { globals: { document: false, navigator: false, window: false } },
  },
  {
    // They import the package by its name, as apps do: its types are there once it is built, and tsc checks them.
    files: ['test/types/*.ts', 'test/package/consumers/**/*.ts'],
    extends: [tseslint.configs.disableTypeChecked],
    // Augmenting the namespace `Express` is how an app says what its user is.
    rules: { '@typescript-eslint/no-namespace': 'off' },
  },
  {
    files: ['test/package/consumers/**/*.{js,mjs}'],
    languageOptions: { globals: { process: false, fetch: false } },
  },
  {
    files: ['test/package/consumers/commonjs/*.js'],
    languageOptions: {
      sourceType: 'commonjs',
      globals: { test: false, expect: false, beforeAll: false, afterAll: false },
    },
    rules: { '@typescript-eslint/no-require-imports': 'off' },
  },
)
