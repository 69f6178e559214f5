// The look of every page but GraphiQL's: Pico CSS, and ours over it. Nothing is left of this script.
import "@picocss/pico/css/pico.min.css";
import "./base.css";
import "./pieces.css";
import "./code.css";
import "./articles.css";
import "./print.css";
