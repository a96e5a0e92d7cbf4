-- A language is supported where the program has texts in it, so the database
-- checks only that the column holds a language tag (BCP 47: language, and
-- optionally script and region). A program that lacks the language, such as the
-- older one during a roll-out, uses English.

ALTER TABLE accounts DROP CONSTRAINT accounts_locale_check;
ALTER TABLE accounts ADD CONSTRAINT accounts_locale_check
    CHECK (locale ~ '^[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?$');

ALTER TABLE sign_ups DROP CONSTRAINT sign_ups_locale_check;
ALTER TABLE sign_ups ADD CONSTRAINT sign_ups_locale_check
    CHECK (locale ~ '^[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?$');

COMMENT ON COLUMN accounts.locale IS 'The language of emails and pages, as a tag such as ko or pt-BR.';
COMMENT ON COLUMN sign_ups.locale IS 'The language of the page that was signed up on.';
