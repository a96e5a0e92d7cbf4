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
    /** A language tag, or `auto`: the page's language, otherwise the browser's. */
    language?: string;
    tabindex?: number;
    /** When the widget is visible. */
    appearance?: "always" | "execute" | "interaction-only";
    /** `execute`: nothing starts before `munjigi.execute`. */
    execution?: "render" | "execute";
    /** `false`: no hidden field. */
    "response-field"?: boolean;
    /** Name of the hidden field; `munjigi-response` if absent. */
    "response-field-name"?: string;
    /** `auto`: renewed before it expires while someone uses the form. */
    "refresh-expired"?: "auto" | "manual" | "never";
    /** Whether the widget retries by itself after a failure. */
    retry?: "auto" | "never";
    /** `auto`: a form that is sent before there is a token waits for it. */
    hold?: "auto" | "never";
    /** The visitor passed. A string is the name of a function on `window`, here and below. */
    callback?: ((token: string) => unknown) | string;
    /** The widget failed. Return something truthy if you have handled it, and nothing is logged. */
    "error-callback"?: ((code: string) => unknown) | string;
    /** The token has expired. */
    "expired-callback"?: (() => unknown) | string;
    /** It took too long. */
    "timeout-callback"?: ((code: string) => unknown) | string;
    /** A picture is about to open. */
    "before-interactive-callback"?: (() => unknown) | string;
    /** The picture has closed: answered, dismissed, or exchanged for another way. */
    "after-interactive-callback"?: (() => unknown) | string;
  }

  /** A widget's id, its element, or a selector for it; if absent, the first widget of the page. */
  type Target = string | Element;

  interface Api {
    /** Renders a widget; returns its id, or `undefined` if the console says what is wrong. */
    render(container: Target, options?: Options): string | undefined;
    /** Starts now. */
    execute(target?: Target): void;
    /** Drops the token; the next interaction with the form starts a new attempt. */
    reset(target?: Target): void;
    /** Removes the widget. */
    remove(target?: Target): void;
    /** The token, or `undefined` while there is no valid one. */
    getResponse(target?: Target): string | undefined;
    isExpired(target?: Target): boolean;
    /**
     * Makes a request. Where its path needs clearance, the visitor earns it in a dialog, and the
     * request is made once more; if they close it, its answer is the first one.
     */
    clearance(request: () => Promise<Response>): Promise<Response>;
    /** Calls back once the document is loaded. */
    ready(callback: () => void): void;
  }
}

declare const munjigi: munjigi.Api;

interface Window {
  munjigi: munjigi.Api;
}
