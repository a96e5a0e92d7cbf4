/** Types of Munjigi's loader, `/v1/api.js`. */
declare namespace munjigi {
  /** Options of a widget: the names of the `data-*` attributes without `data-`. */
  interface Options {
    /** The site's key, `mj_…`. */
    sitekey: string;
    /** What the visitor is doing: at most 32 of `A-Z a-z 0-9 _ / -`; siteverify returns it. */
    action?: string;
    /** Your own data, at most 255 bytes; siteverify returns it. */
    cdata?: string;
    theme?: "auto" | "light" | "dark";
    size?: "normal" | "flexible" | "compact" | "invisible";
    /** A language tag, or `auto`: the page's language, else the browser's. */
    language?: string;
    tabindex?: number;
    /** When the widget is to be seen. */
    appearance?: "always" | "execute" | "interaction-only";
    /** `execute`: nothing begins before `munjigi.execute`. */
    execution?: "render" | "execute";
    /** `false`: no hidden field. */
    "response-field"?: boolean;
    /** Name of the hidden field; `munjigi-response` if absent. */
    "response-field-name"?: string;
    /** `auto`: renewed before it expires while somebody uses the form. */
    "refresh-expired"?: "auto" | "manual" | "never";
    /** Whether the widget tries again by itself after a failure. */
    retry?: "auto" | "never";
    /** Passed. A name means the function of that name on `window`, here and below. */
    callback?: ((token: string) => unknown) | string;
    /** Failed. Answer something true when you have dealt with it, and nothing is logged. */
    "error-callback"?: ((code: string) => unknown) | string;
    /** The token is too old. */
    "expired-callback"?: (() => unknown) | string;
    /** It took too long. */
    "timeout-callback"?: ((code: string) => unknown) | string;
    /** A picture is about to open. */
    "before-interactive-callback"?: (() => unknown) | string;
    /** The picture has closed: answered, put aside, or exchanged for another way. */
    "after-interactive-callback"?: (() => unknown) | string;
  }

  /** A widget's id, its element, or a selector of it; absent: the first widget of the page. */
  type Target = string | Element;

  interface Api {
    /** Makes a widget; answers its id, or `undefined` where the console says what is wrong. */
    render(container: Target, options?: Options): string | undefined;
    /** Begins now. */
    execute(target?: Target): void;
    /** Drops the token; the next interaction with the form begins anew. */
    reset(target?: Target): void;
    /** Takes the widget away. */
    remove(target?: Target): void;
    /** The token, or `undefined` while there is none that is still good. */
    getResponse(target?: Target): string | undefined;
    isExpired(target?: Target): boolean;
    /** Calls back once the document is there. */
    ready(callback: () => void): void;
  }
}

declare const munjigi: munjigi.Api;

interface Window {
  munjigi: munjigi.Api;
}
