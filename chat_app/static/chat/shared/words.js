// Texts in the reader's language: whole sentences with named places, and what Intl knows of numbers and times.

export class Words {
    /** `texts`: sentences by name, with places such as `%(name)s`; `language`: that of the page. */
    constructor(texts, language) {
        this.texts = texts;
        this.language = language;
    }

    say(name, places = {}) {
        const sentence = this.texts[name] ?? name;
        return sentence.replace(/%\((\w+)\)s/g, (_whole, place) => String(places[place] ?? ""));
    }

    has(name) {
        return name in this.texts;
    }

    number(value) {
        return new Intl.NumberFormat(this.language).format(value);
    }

    /** Such as “2 minutes”; below a minute in seconds. */
    duration(seconds) {
        const [value, unit] = seconds < 60 ? [Math.max(0, Math.round(seconds)), "second"] : [Math.round(seconds / 60), "minute"];
        return new Intl.NumberFormat(this.language, { style: "unit", unit, unitDisplay: "long" }).format(value);
    }

    time(moment) {
        const date = new Date(moment);
        return Number.isNaN(date.getTime())
            ? ""
            : new Intl.DateTimeFormat(this.language, { timeStyle: "short" }).format(date);
    }
}
