export { runDashboard } from './run.tsx';
