// Runs the npm package @met4citizen/headaudio over a recording, outside a browser.
// node headaudio.mjs PACKAGE_FOLDER SOUND.f32 -> a line for each viseme: seconds, its number or -1 for silence.
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const [folder, sound] = process.argv.slice(2);
const from = (file) => import(pathToFileURL(`${folder}/${file}`));
const { Processor } = await from("modules/processor.mjs");
const { Training } = await from("modules/training.mjs");

globalThis.fetch = async (path) => ({
  ok: true,
  arrayBuffer: async () => new Uint8Array(readFileSync(path)).buffer,
});
const port = {
  postMessage: ({ event, t, viseme }) => {
    if (event === "viseme") console.log(t, viseme);
    if (event === "ended") console.log(t, -1);
  },
};
const processor = new Processor({ sampleRate: 16000 }, { port });
const { model } = await new Training({}).loadModel(`${folder}/dist/model-en-mixed.bin`);
processor._onmessage({ data: { event: "model", model } });
const samples = new Float32Array(new Uint8Array(readFileSync(sound)).buffer);
for (let at = 0; at < samples.length; at += 128) processor.process(samples.subarray(at, at + 128));
