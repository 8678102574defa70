import {globSync,readFileSync} from 'node:fs';
const t00=performance.now();
const Y=await import('yaml');
const t0=performance.now();
const files=globSync('/work/shared/corpus/*/.github/workflows/*.{yml,yaml}').slice(0,Number(process.argv[2]??30));
const texts=files.map(f=>readFileSync(f,'utf8'));
const t1=performance.now();
let n=0;
for(const t of texts){const lc=new Y.LineCounter(); const d=Y.parseDocument(t,{keepSourceTokens:false,lineCounter:lc}); n+=d.errors.length}
const t2=performance.now();
console.log({import:t0-t00,read:t1-t0,parse:t2-t1,files:files.length,bytes:texts.join('').length,n});
