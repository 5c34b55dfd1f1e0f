/** The HA page. */

import "../legacy/main.js";
