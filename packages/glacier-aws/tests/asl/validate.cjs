// What asl-validator has against definitions: validate.cjs FOLDER_OF_npm < a JSON list of them
const fs = require("node:fs");
const path = require("node:path");

const validate = require(path.join(process.argv[2], "node_modules", "asl-validator"));
const definitions = JSON.parse(fs.readFileSync(0, "utf8"));
const told = definitions.map((one) => validate(one).errors.map((error) => JSON.stringify(error)));
console.log(JSON.stringify(told));
