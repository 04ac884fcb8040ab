// The page's own words: a file a language, all with the same keys. What the station says about a card, an item or a
// session comes in the View. A value with forms is chosen by {n} and the language's plural rules.

import { labels as en } from "./labels.en.js";
import { labels as es } from "./labels.es.js";
import { labels as vi } from "./labels.vi.js";
import { labels as ru } from "./labels.ru.js";
import { labels as zhHans } from "./labels.zh-Hans.js";

export const LABELS = { en, es, vi, ru, "zh-Hans": zhHans };
