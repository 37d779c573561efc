import './main.css';
import {greet} from './greet.ts';

const greeting = document.querySelector('#greeting');
if (greeting) greeting.textContent = greet(location.host);
