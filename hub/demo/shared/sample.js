// A picture for who has none at hand: a lamp on a table, drawn here.

export async function samplePhoto() {
  const canvas = document.createElement("canvas");
  canvas.width = 960;
  canvas.height = 720;
  const pen = canvas.getContext("2d");
  const wall = pen.createLinearGradient(0, 0, 0, 720);
  wall.addColorStop(0, "#f3d9b8");
  wall.addColorStop(1, "#d9a877");
  fill(pen, wall, 0, 0, 960, 720);
  const glow = pen.createRadialGradient(480, 300, 20, 480, 300, 360);
  glow.addColorStop(0, "rgba(255, 246, 214, 0.95)");
  glow.addColorStop(1, "rgba(255, 246, 214, 0)");
  fill(pen, glow, 0, 0, 960, 720);
  fill(pen, "#8a5a3a", 0, 560, 960, 160);
  fill(pen, "#7a4d30", 0, 560, 960, 14);
  fill(pen, "#3d2a20", 470, 330, 20, 220);
  shape(pen, "#3d2a20", [[400, 562], [560, 562], [530, 540], [430, 540]]);
  shape(pen, "#fff2cf", [[360, 340], [600, 340], [545, 170], [415, 170]]);
  shape(pen, "#2f5bd8", [[690, 560], [790, 560], [775, 440], [705, 440]]);
  pen.fillStyle = "#4b8f5a";
  for (const [x, y, tilt] of [[740, 380, 0], [700, 400, -0.7], [782, 400, 0.7]]) {
    pen.beginPath();
    pen.ellipse(x, y, 22, 70, tilt, 0, Math.PI * 2);
    pen.fill();
  }
  const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.85));
  return new File([blob], "lamp.jpg", { type: "image/jpeg" });
}

function fill(pen, style, x, y, width, height) {
  pen.fillStyle = style;
  pen.fillRect(x, y, width, height);
}

function shape(pen, style, points) {
  pen.fillStyle = style;
  pen.beginPath();
  for (const [x, y] of points) pen.lineTo(x, y);
  pen.closePath();
  pen.fill();
}
