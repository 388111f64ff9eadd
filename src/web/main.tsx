import { render } from 'preact';
import { App } from './app.tsx';
import './styles/tokens.css';
import './styles/components.css';
import './styles/pages.css';
import './styles/charts.css';
import './styles/backup.css';
import './styles/alerts.css';
import './styles/people.css';
import { applyTheme } from './theme.ts';

applyTheme();
const root = document.getElementById('root');
if (root !== null) render(<App />, root);
