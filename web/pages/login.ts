/** The login page. */

import "../legacy/login.js";
